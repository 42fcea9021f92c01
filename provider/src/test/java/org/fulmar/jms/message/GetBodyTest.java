package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GetBodyTest {

    private static final List<Class<?>> TYPES = List.of(
            String.class,
            CharSequence.class,
            Comparable.class,
            Serializable.class,
            Object.class,
            byte[].class,
            Map.class,
            HashMap.class,
            Collection.class,
            ArrayList.class,
            Integer.class);

    private static void assertBody(FulmarMessage message, Object expected, List<Class<?>> allowed) throws Exception {
        for (Class<?> type : TYPES) {
            if (allowed.contains(type)) {
                assertThat(message.isBodyAssignableTo(type)).as("%s", type).isTrue();
                assertThat((Object) message.getBody(type)).as("%s", type).isEqualTo(expected);
            } else {
                assertThat(message.isBodyAssignableTo(type)).as("%s", type).isFalse();
                assertThatThrownBy(() -> message.getBody(type))
                        .as("%s", type)
                        .isInstanceOf(MessageFormatException.class);
            }
        }
    }

    @Test
    void textIsAssignableToStringAndItsSupertypes() throws Exception {
        FulmarTextMessage message = new FulmarTextMessage("");
        List<Class<?>> allowed =
                List.of(String.class, CharSequence.class, Comparable.class, Serializable.class, Object.class);
        assertBody(message, "", allowed);
        assertBody(Wire.trip(new FulmarTextMessage("\uD800")), "\uD800", allowed);
    }

    @Test
    void bytesAreAssignableToByteArrayAndObjectOnly() throws Exception {
        FulmarBytesMessage message = new FulmarBytesMessage();
        message.writeByte((byte) 1);
        assertThat(message.isBodyAssignableTo(byte[].class)).isTrue();
        assertBody(message, new byte[] {1}, List.of(byte[].class, Object.class));
        assertBody(Wire.trip(message), new byte[] {1}, List.of(byte[].class, Object.class));
    }

    @Test
    void mapsAreAssignableToMapAndObjectOnly() throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        message.setInt("a", 1);
        assertBody(message, Map.of("a", 1), List.of(Map.class, Object.class));
        assertBody(Wire.trip(message), Map.of("a", 1), List.of(Map.class, Object.class));
    }

    @Test
    void objectsAreAssignableToWhatTheirClassIs() throws Exception {
        FulmarObjectMessage message = new FulmarObjectMessage(Wire.POLICY);
        message.setObject(new ArrayList<>(List.of(1)));
        List<Class<?>> allowed = List.of(ArrayList.class, Collection.class, Serializable.class, Object.class);
        assertBody(message, List.of(1), allowed);
        assertBody(Wire.trip(message), List.of(1), allowed);
    }

    @Test
    void aMessageWithoutABodyGivesNullForAnyType() throws Exception {
        FulmarMessage[] messages = {
            new FulmarMessage(),
            new FulmarTextMessage(),
            new FulmarBytesMessage(),
            new FulmarMapMessage(),
            new FulmarObjectMessage(Wire.POLICY)
        };
        for (FulmarMessage message : messages) {
            for (Class<?> type : TYPES) {
                assertThat(message.isBodyAssignableTo(type)).isTrue();
                assertThat((Object) message.getBody(type)).isNull();
                assertThat(Wire.trip(message).isBodyAssignableTo(type)).isTrue();
                assertThat((Object) Wire.trip(message).getBody(type)).isNull();
            }
        }
    }

    @Test
    void aStreamIsNotAssignableToAnything() throws Exception {
        assertBody(new FulmarStreamMessage(), null, List.of());
        assertBody(Wire.trip(new FulmarStreamMessage()), null, List.of());
    }

    @Test
    void aReceivedTextIsReadOnlyUntilCleared() throws Exception {
        FulmarTextMessage message = Wire.trip(new FulmarTextMessage("text"));
        assertThatThrownBy(() -> message.setText("new")).isInstanceOf(MessageNotWriteableException.class);
        assertThat(message.getText()).isEqualTo("text");
        message.clearBody();
        assertThat(message.getText()).isNull();
        message.setText("new");
        assertThat(message.getText()).isEqualTo("new");
        assertThat(Wire.trip(message).getText()).isEqualTo("new");
    }
}

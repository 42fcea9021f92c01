package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.util.Collections;
import java.util.Date;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;

class FulmarMapMessageTest {

    @ParameterizedTest
    @NullAndEmptySource
    void aNullOrEmptyNameCanNotBeSetAndReadsAsMissing(String name) throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        assertThatThrownBy(() -> message.setInt(name, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setBytes(name, null)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setObject(name, "x")).isInstanceOf(IllegalArgumentException.class);
        assertThat(message.getString(name)).isNull();
        assertThat(message.itemExists(name)).isFalse();
    }

    @Test
    void anyOtherNameIsTaken() throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        String[] names = {" ", "NULL", "1", "\u0001", "\uD800", "\uD83D\uDE00", "x".repeat(70_000)};
        for (String name : names) {
            message.setString(name, name);
        }
        FulmarMapMessage received = Wire.trip(message);
        assertThat(Collections.list(received.getMapNames())).containsExactlyInAnyOrder(names);
        for (String name : names) {
            assertThat(received.getString(name)).isEqualTo(name);
        }
    }

    @Test
    void aValueSetToNullExistsAndAMissingOneReadsAsNull() throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        message.setString("a", null);
        message.setBytes("b", null);
        message.setBytes("c", null, 3, 5);
        message.setObject("d", null);
        FulmarMapMessage received = Wire.trip(message);
        for (String name : new String[] {"a", "b", "c", "d"}) {
            assertThat(received.itemExists(name)).isTrue();
            assertThat(received.getObject(name)).isNull();
            assertThat(received.getBytes(name)).isNull();
        }
        assertThat(received.itemExists("e")).isFalse();
        assertThat(received.getObject("e")).isNull();
    }

    @Test
    void aReceivedMapIsReadOnlyUntilCleared() throws Exception {
        FulmarMapMessage sent = new FulmarMapMessage();
        sent.setInt("a", 1);
        FulmarMapMessage message = Wire.trip(sent);
        assertThatThrownBy(() -> message.setInt("b", 1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setObject("b", 1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setBytes("b", null)).isInstanceOf(MessageNotWriteableException.class);
        assertThat(message.getInt("a")).isEqualTo(1);
        message.clearBody();
        assertThat(message.itemExists("a")).isFalse();
        message.setInt("b", 2);
        assertThat(message.getInt("b")).isEqualTo(2);
    }

    @Test
    void arraysAreCopiedInAndOut() throws Exception {
        byte[] bytes = {1, 2, 3};
        FulmarMapMessage message = new FulmarMapMessage();
        message.setBytes("a", bytes);
        message.setBytes("b", bytes, 1, 2);
        message.setObject("c", bytes);
        bytes[1] = 9;
        message.getBytes("a")[0] = 9;
        ((byte[]) message.getObject("c"))[0] = 9;
        ((byte[]) message.getBody(Map.class).get("b"))[0] = 9;
        assertThat(message.getBytes("a")).containsExactly(1, 2, 3);
        assertThat(message.getBytes("b")).containsExactly(2, 3);
        assertThat(message.getBytes("c")).containsExactly(1, 2, 3);
        assertThatThrownBy(() -> message.setBytes("d", bytes, 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void anObjectOfAnotherTypeIsRefused() {
        FulmarMapMessage message = new FulmarMapMessage();
        assertThatThrownBy(() -> message.setObject("a", new Date(0))).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.setObject("a", Map.of())).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void getBodyIsTheApplicationsOwnCopy() throws Exception {
        FulmarMapMessage message = new FulmarMapMessage();
        message.setInt("a", 1);
        message.getBody(Map.class).clear();
        assertThat(message.getInt("a")).isEqualTo(1);
    }
}

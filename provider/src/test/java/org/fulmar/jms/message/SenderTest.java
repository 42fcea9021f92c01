package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.JmsNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the provider says with a message on send, and what of it a consumer may believe (JMS 3.1, section 3.5.9). */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SenderTest {
    private static final int MUCH = 40_000;

    private static FulmarMessage received(WireMessage wire) throws JMSException {
        FulmarMessage message = MessageMapping.fromWire(wire, Wire.POLICY);
        message.received(new ReceiptInfo(null, 1, null));
        return message;
    }

    private static WireMessage withFlag(WireMessage wire, int flag) {
        return new WireMessage(wire.flag() | flag, wire.properties(), wire.body(), wire.bornTimestamp());
    }

    private static WireMessage withEntry(WireMessage wire, String name, String value) {
        GrowingBytes out = new GrowingBytes(64);
        out.putBytes(wire.properties());
        out.putText(name);
        out.putByte(JmsNames.NAME_END);
        out.putText(value);
        out.putByte(JmsNames.VALUE_END);
        return new WireMessage(wire.flag(), out.copy(), wire.body(), wire.bornTimestamp());
    }

    @ParameterizedTest
    @ValueSource(strings = {"g", "\u0001", "\u00E4\u00F6 g", "a\\b"})
    void groupStaysInTheBlockWhateverElseTheMessageHolds(String group) throws JMSException {
        FulmarTextMessage message = new FulmarTextMessage("t");
        message.setStringProperty("large", "x".repeat(MUCH));
        message.setStringProperty("JMSXGroupID", group);
        message.setIntProperty("JMSXGroupSeq", 7);
        WireMessage wire = MessageMapping.toWire(message);
        assertThat(wire.flag() & MessageMapping.OVERFLOW).isNotZero();
        assertThat(wire.flag() & JmsFlag.GROUPED).isNotZero();
        assertThat(Wire.properties(wire.properties())).containsKey("JMSXGroupID");
        FulmarMessage received = received(wire);
        assertThat(received.getStringProperty("JMSXGroupID")).isEqualTo(group);
        assertThat(received.getIntProperty("JMSXGroupSeq")).isEqualTo(7);
        assertThat(received.getStringProperty("large")).hasSize(MUCH);
    }

    @Test
    void noGroupAndAnEmptyOneAreNotGrouped() throws JMSException {
        FulmarMessage message = new FulmarMessage();
        assertThat(MessageMapping.toWire(message).flag() & JmsFlag.GROUPED).isZero();
        message.setStringProperty("JMSXGroupID", null);
        assertThat(MessageMapping.toWire(message).flag() & JmsFlag.GROUPED).isZero();
        message.setStringProperty("JMSXGroupID", "");
        WireMessage wire = MessageMapping.toWire(message);
        assertThat(wire.flag() & JmsFlag.GROUPED).isZero();
        assertThat(received(wire).getStringProperty("JMSXGroupID")).isEmpty();
    }

    @Test
    void groupThatTheBlockCanNotHoldIsRefused() throws JMSException {
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("JMSXGroupID", "g".repeat(MUCH));
        assertThatThrownBy(() -> MessageMapping.toWire(message))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("JMSXGroupID");
    }

    @Test
    void publisherGoesInTheBlockAndIsNoUserProperty() throws JMSException {
        FulmarTextMessage message = new FulmarTextMessage("t");
        message.setStringProperty("large", "x".repeat(MUCH));
        WireMessage wire = MessageMapping.toWire(message, new Sender("c\u0002d", null, false));
        assertThat(Wire.properties(wire.properties())).containsEntry("_jms_from", "sc\\2d");
        assertThat(Wire.propertyNames(received(wire))).containsExactlyInAnyOrder("large", "JMSXDeliveryCount");
        assertThat(Wire.properties(MessageMapping.toWire(message, new Sender("c", null, false).unnamed())
                        .properties()))
                .doesNotContainKey("_jms_from");
    }

    @Test
    void appIdIsSetForProducerAndConsumer() throws JMSException {
        FulmarMessage message = new FulmarMessage();
        WireMessage wire = MessageMapping.toWire(message, new Sender(null, "shop", false));
        assertThat(message.getStringProperty("JMSXAppID")).isEqualTo("shop");
        assertThat(received(wire).getStringProperty("JMSXAppID")).isEqualTo("shop");
    }

    @Test
    void messageThatIsSentOnSaysNothingOfTheSenderBefore() throws JMSException {
        FulmarMessage sent = new FulmarMessage();
        sent.setStringProperty("own", "o");
        WireMessage wire =
                withEntry(MessageMapping.toWire(sent, new Sender(null, "shop", true)), "JMSXUserID", "somebody");
        FulmarMessage received = received(withFlag(wire, JmsFlag.USER_STAMPED));
        assertThat(received.getStringProperty("JMSXUserID")).isEqualTo("somebody");
        WireMessage again = MessageMapping.toWire(received);
        assertThat(again.flag() & (JmsFlag.USER_STAMPED | JmsFlag.WANTS_USER)).isZero();
        assertThat(Wire.properties(again.properties())).doesNotContainKeys("JMSXUserID", "JMSXAppID");
        assertThat(Wire.propertyNames(received(again))).isEqualTo(List.of("own", "JMSXDeliveryCount"));
    }

    @Test
    void userIsShownOnlyAsTheWordOfTheBroker() throws JMSException {
        FulmarMessage sent = new FulmarMessage();
        WireMessage asked = MessageMapping.toWire(sent, new Sender(null, null, true));
        assertThat(asked.flag() & JmsFlag.WANTS_USER).isNotZero();
        WireMessage forged = withEntry(asked, "JMSXUserID", "admin");
        assertThat(received(forged).propertyExists("JMSXUserID")).isFalse();
        assertThat(received(forged).getStringProperty("JMSXUserID")).isNull();
        assertThat(received(withFlag(forged, JmsFlag.USER_STAMPED)).getStringProperty("JMSXUserID"))
                .isEqualTo("admin");
        WireMessage typed = withEntry(withEntry(asked, "JMSXUserID", "ad\\1min"), "_jms_ty", "JMSXUserID:s,a:n");
        assertThat(received(typed).propertyExists("JMSXUserID")).isFalse();
        FulmarMessage plain = received(withFlag(typed, JmsFlag.USER_STAMPED));
        assertThat(plain.getStringProperty("JMSXUserID")).isEqualTo("ad\\1min");
        assertThat(plain.propertyExists("a")).isTrue();
        assertThat(Wire.ofNative(new byte[0], "JMSXUserID", "admin").propertyExists("JMSXUserID"))
                .isFalse();
    }

    @Test
    void userThatTheSenderHidInTheBodyIsNotShown() throws JMSException {
        FulmarTextMessage sent = new FulmarTextMessage("t");
        sent.setStringProperty("XJMSUserID", "admin");
        sent.setStringProperty("large", "x".repeat(MUCH));
        WireMessage wire = MessageMapping.toWire(sent);
        byte[] body = wire.body().clone();
        int at = new String(body, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("XJMSUserID");
        body[at] = 'J';
        body[at + 1] = 'M';
        body[at + 2] = 'S';
        body[at + 3] = 'X';
        WireMessage hidden =
                new WireMessage(wire.flag() | JmsFlag.USER_STAMPED, wire.properties(), body, wire.bornTimestamp());
        assertThat(received(hidden).propertyExists("JMSXUserID")).isFalse();
        assertThat(received(hidden).getStringProperty("large")).hasSize(MUCH);
    }
}

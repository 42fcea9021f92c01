package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.util.Collections;
import java.util.Date;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class PropertyRulesTest {

    @ParameterizedTest
    @NullAndEmptySource
    void aNullOrEmptyNameIsAnIllegalArgument(String name) {
        FulmarMessage message = new FulmarMessage();
        assertThatThrownBy(() -> message.setStringProperty(name, "v")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setIntProperty(name, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setObjectProperty(name, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1a",
                "a b",
                "a-b",
                "a.b",
                " a",
                "a ",
                ".",
                "a:b",
                "a,b",
                "\uD83D\uDE00",
                "\uD800",
                "a\uDC00",
                "a\u0001b",
                "a\u0002",
                "a\u0000",
                "a\u007F",
                "#",
                "'a'"
            })
    void aNameThatIsNoIdentifierIsRefused(String name) {
        FulmarMessage message = new FulmarMessage();
        assertThatThrownBy(() -> message.setStringProperty(name, "v")).isInstanceOf(JMSException.class);
        assertThat(message.properties()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NULL", "TRUE", "FALSE", "NOT", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS", "ESCAPE", "null", "Between",
                "iN"
            })
    void aReservedWordOfSelectorsIsRefusedInAnyCase(String name) {
        FulmarMessage message = new FulmarMessage();
        assertThatThrownBy(() -> message.setStringProperty(name, "v")).isInstanceOf(JMSException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "_",
                "$",
                "_jms_k",
                "TAGS",
                "TIMER_X",
                "a1",
                "nulls",
                "INN",
                "\u00E4\u00F6",
                "\u4F60\u597D",
                "\uD840\uDC00",
                "JMS_acme_x",
                "jms",
                "KEYS",
                "_jms_p_a",
                "A_VERY_LONG_NAME_INDEED"
            })
    void anyIdentifierIsAName(String name) throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setIntProperty(name, 4);
        assertThat(message.getIntProperty(name)).isEqualTo(4);
        assertThat(Wire.trip(message).getIntProperty(name)).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "JMSXDeliveryCount",
                "JMSXUserID",
                "JMSXAppID",
                "JMSXProducerTXID",
                "JMSXConsumerTXID",
                "JMSXRcvTimestamp",
                "JMSXState",
                "JMSXOther",
                "JMSXgroupid",
                "JMSType",
                "JMSMessageID",
                "JMSOther",
                "JMS"
            })
    void namesThatTheSpecificationKeepsForProvidersAndHeadersAreRefused(String name) {
        FulmarMessage message = new FulmarMessage();
        assertThatThrownBy(() -> message.setIntProperty(name, 1))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining(name);
        assertThatThrownBy(() -> message.setStringProperty(name, "1")).isInstanceOf(JMSException.class);
    }

    @Test
    void groupPropertiesAreTheClientsWithTheTypesOfTheTable() throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("JMSXGroupID", "g");
        message.setIntProperty("JMSXGroupSeq", 1);
        FulmarMessage received = Wire.trip(message);
        assertThat(received.getStringProperty("JMSXGroupID")).isEqualTo("g");
        assertThat(received.getObjectProperty("JMSXGroupSeq")).isEqualTo(1);
        assertThatThrownBy(() -> message.setIntProperty("JMSXGroupID", 1)).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.setStringProperty("JMSXGroupSeq", "1"))
                .isInstanceOf(MessageFormatException.class);
    }

    @Test
    void aValueOfAnotherTypeIsAFormatError() {
        FulmarMessage message = new FulmarMessage();
        for (Object value : new Object[] {'c', new byte[1], new Date(0), new Object(), Collections.emptyList()}) {
            assertThatThrownBy(() -> message.setObjectProperty("p", value)).isInstanceOf(MessageFormatException.class);
        }
    }

    @Test
    void receivedPropertiesAreReadOnlyUntilCleared() throws Exception {
        FulmarMessage sent = new FulmarTextMessage("text");
        sent.setIntProperty("a", 1);
        FulmarMessage message = Wire.trip(sent);
        assertThatThrownBy(() -> message.setBooleanProperty("b", true))
                .isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setByteProperty("b", (byte) 1))
                .isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setShortProperty("b", (short) 1))
                .isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setIntProperty("b", 1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setLongProperty("b", 1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setFloatProperty("b", 1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setDoubleProperty("b", 1)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setStringProperty("b", "")).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> message.setObjectProperty("b", 1)).isInstanceOf(MessageNotWriteableException.class);

        message.clearProperties();
        assertThat(Wire.propertyNames(message)).isEmpty();
        message.setIntProperty("b", 2);
        assertThat(Wire.propertyNames(message)).containsExactly("b");
        assertThat(((FulmarTextMessage) message).getText()).isEqualTo("text");
    }

    @Test
    void clearBodyLeavesPropertiesReadOnlyAndInPlace() throws Exception {
        FulmarMessage sent = new FulmarTextMessage("text");
        sent.setIntProperty("a", 1);
        FulmarMessage message = Wire.trip(sent);
        message.clearBody();
        assertThat(message.getIntProperty("a")).isEqualTo(1);
        assertThatThrownBy(() -> message.setIntProperty("b", 1)).isInstanceOf(MessageNotWriteableException.class);
    }

    @Test
    void theDeliveryCountIsAPropertyOfReceivedMessagesOnly() throws Exception {
        FulmarMessage sent = new FulmarMessage();
        assertThat(sent.propertyExists("JMSXDeliveryCount")).isFalse();
        sent.setIntProperty("a", 1);
        FulmarMessage message = Wire.trip(sent);
        message.received(new ReceiptInfo(null, 3, null));
        assertThat(message.getIntProperty("JMSXDeliveryCount")).isEqualTo(3);
        assertThat(message.getObjectProperty("JMSXDeliveryCount")).isEqualTo(3);
        assertThat(message.getStringProperty("JMSXDeliveryCount")).isEqualTo("3");
        assertThat(message.propertyExists("JMSXDeliveryCount")).isTrue();
        assertThat(Wire.propertyNames(message)).containsExactlyInAnyOrder("a", "JMSXDeliveryCount");
        assertThat(message.getJMSRedelivered()).isTrue();
        assertThat(new String(MessageMapping.toWire(message).properties())).doesNotContain("JMSXDeliveryCount");
        message.clearProperties();
        assertThat(message.propertyExists("JMSXDeliveryCount")).isFalse();
    }

    @Test
    void aPropertySetToNullExists() throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setStringProperty("a", null);
        assertThat(message.propertyExists("a")).isTrue();
        assertThat(Wire.trip(message).propertyExists("a")).isTrue();
        assertThat(message.propertyExists("b")).isFalse();
        assertThat(message.propertyExists(null)).isFalse();
    }

    @Test
    void namesAreASnapshotThatLaterChangesDoNotDisturb() throws Exception {
        FulmarMessage message = new FulmarMessage();
        message.setIntProperty("a", 1);
        var names = message.getPropertyNames();
        message.setIntProperty("b", 1);
        assertThat(Collections.list(names)).containsExactly("a");
    }
}

package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.junit.jupiter.api.Test;

class HeaderTest {

    @Test
    void aNewMessageHasTheDefaultsOfTheSpecification() throws Exception {
        FulmarMessage message = new FulmarMessage();
        assertThat(message.getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
        assertThat(message.getJMSPriority()).isEqualTo(4);
        assertThat(message.getJMSMessageID()).isNull();
        assertThat(message.getJMSTimestamp()).isZero();
        assertThat(message.getJMSCorrelationID()).isNull();
        assertThat(message.getJMSCorrelationIDAsBytes()).isNull();
        assertThat(message.getJMSReplyTo()).isNull();
        assertThat(message.getJMSDestination()).isNull();
        assertThat(message.getJMSType()).isNull();
        assertThat(message.getJMSExpiration()).isZero();
        assertThat(message.getJMSDeliveryTime()).isZero();
        assertThat(message.getJMSRedelivered()).isFalse();
        assertThat(Wire.propertyNames(message)).isEmpty();
    }

    @Test
    void headersOfAReceivedMessageCanBeChanged() throws Exception {
        FulmarMessage sent = new FulmarMessage();
        sent.setJMSCorrelationID("c");
        sent.setJMSType("t");
        sent.setJMSMessageID("ID:1");
        sent.setJMSReplyTo(new FulmarQueue("q"));
        FulmarMessage message = Wire.trip(sent);
        message.setJMSCorrelationID("c2");
        message.setJMSType(null);
        message.setJMSMessageID("ID:2");
        message.setJMSReplyTo(null);
        assertThat(message.getJMSCorrelationID()).isEqualTo("c2");
        assertThat(message.getJMSType()).isNull();
        assertThat(message.getJMSMessageID()).isEqualTo("ID:2");
        assertThat(message.getJMSReplyTo()).isNull();
    }

    @Test
    void correlationIdsAsBytesAreKeptExactlyAndCopied() throws Exception {
        FulmarMessage message = new FulmarMessage();
        byte[] id = {0, (byte) 0xFF, 1, 2};
        message.setJMSCorrelationIDAsBytes(id);
        id[0] = 9;
        assertThat(message.getJMSCorrelationIDAsBytes()).containsExactly(0, 0xFF, 1, 2);
        message.getJMSCorrelationIDAsBytes()[0] = 9;
        FulmarMessage received = Wire.trip(message);
        assertThat(received.getJMSCorrelationIDAsBytes()).containsExactly(0, 0xFF, 1, 2);

        message.setJMSCorrelationIDAsBytes(new byte[0]);
        assertThat(Wire.trip(message).getJMSCorrelationIDAsBytes()).isEmpty();
        message.setJMSCorrelationID("\u00E4");
        assertThat(message.getJMSCorrelationIDAsBytes()).containsExactly(0xC3, 0xA4);
        message.setJMSCorrelationIDAsBytes(new byte[] {(byte) 0xC3, (byte) 0xA4});
        assertThat(message.getJMSCorrelationID()).isEqualTo("\u00E4");
        message.setJMSCorrelationIDAsBytes(null);
        assertThat(message.getJMSCorrelationID()).isNull();
    }

    @Test
    void onlyValidDeliveryModesAndPrioritiesAreTaken() {
        FulmarMessage message = new FulmarMessage();
        for (int priority = 0; priority <= 9; priority++) {
            int valid = priority;
            assertThatCode(() -> message.setJMSPriority(valid)).doesNotThrowAnyException();
        }
        assertThatThrownBy(() -> message.setJMSPriority(-1)).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> message.setJMSPriority(10)).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> message.setJMSDeliveryMode(0)).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> message.setJMSDeliveryMode(3)).isInstanceOf(JMSException.class);
    }

    @Test
    void receiptSetsWhatOnlyTheReceivingSessionKnows() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        FulmarMessage message = Wire.trip(new FulmarMessage());
        message.received(new ReceiptInfo(new FulmarTopic("t"), 1, calls::incrementAndGet));
        assertThat(message.getJMSDestination()).isEqualTo(new FulmarTopic("t"));
        assertThat(message.getJMSRedelivered()).isFalse();
        message.acknowledge();
        message.acknowledge();
        assertThat(calls).hasValue(2);
    }

    @Test
    void acknowledgeDoesNothingWithoutAHookAndPassesOnWhatAHookThrows() throws Exception {
        FulmarMessage message = new FulmarMessage();
        assertThatCode(message::acknowledge).doesNotThrowAnyException();
        message.received(new ReceiptInfo(null, 2, () -> {
            throw new jakarta.jms.IllegalStateException("closed");
        }));
        assertThatThrownBy(message::acknowledge).isInstanceOf(jakarta.jms.IllegalStateException.class);
        assertThat(message.getJMSRedelivered()).isTrue();
    }
}

package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import jakarta.jms.JMSException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostileWireTest {

    private static final long FIRST_SEED = 777;
    private static final String KINDS = "tunxbmsoy";

    /** Objects may claim arrays up to the limit of the policy; everything else is bounded by what came. */
    private static final long ALLOCATION_OF_OBJECTS = 256L << 20;

    private static final long ALLOCATION = 2L << 20;
    private static final long ALLOCATION_PER_BYTE = 200;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Reads all there is; a JMSException ends one access, anything else ends the test. */
    private static void readAll(WireMessage wire) {
        FulmarMessage[] made = new FulmarMessage[1];
        attempt(() -> made[0] = MessageMapping.fromWire(wire, Wire.POLICY));
        FulmarMessage message = made[0];
        if (message == null) {
            return;
        }
        attempt(() -> message.received(new ReceiptInfo(null, 1, null)));
        attempt(message::getJMSMessageID);
        attempt(message::getJMSType);
        attempt(message::getJMSCorrelationID);
        attempt(message::getJMSCorrelationIDAsBytes);
        attempt(message::getJMSReplyTo);
        attempt(message::getJMSExpiration);
        attempt(message::getJMSDeliveryTime);
        attempt(() -> {
            for (String name : Collections.list(message.getPropertyNames())) {
                message.getObjectProperty(name);
            }
            return null;
        });
        attempt(() -> message.isBodyAssignableTo(Object.class));
        attempt(() -> RandomMessages.contents(message));
        attempt(() -> MessageMapping.toWire(message));
    }

    private interface Access {
        Object run() throws JMSException;
    }

    private interface Action {
        void run() throws JMSException;
    }

    private static void attempt(Action action) {
        attempt(() -> {
            action.run();
            return null;
        });
    }

    private static void attempt(Access access) {
        try {
            access.run();
        } catch (JMSException e) {
            assertThat(e).hasMessageMatching("(?s).+");
        }
    }

    private void readAllBounded(WireMessage wire, long seed) {
        boolean object =
                Wire.properties(wire.properties()).getOrDefault("_jms_k", "").equals("o");
        long size = wire.properties().length + wire.body().length;
        long limit = object ? ALLOCATION_OF_OBJECTS : ALLOCATION + size * ALLOCATION_PER_BYTE;
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            readAll(wire);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("seed " + seed, e);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).as("seed %d, %d bytes", seed, size).isLessThan(limit);
    }

    @Test
    void randomBytesGiveOnlyJmsExceptionsAndBoundedAllocation() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 20_000; seed++) {
            Random random = new Random(seed);
            byte[] properties = new byte[random.nextInt(200)];
            random.nextBytes(properties);
            for (int i = 0; i < properties.length; i += 1 + random.nextInt(8)) {
                properties[i] = (byte) (1 + random.nextInt(2));
            }
            byte[] body = new byte[random.nextInt(200)];
            random.nextBytes(body);
            String kind = "_jms_k\u0001" + KINDS.charAt(random.nextInt(KINDS.length())) + "\u0002";
            byte[] start = kind.getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(4) != 0) {
                byte[] block = Arrays.copyOf(start, start.length + properties.length);
                System.arraycopy(properties, 0, block, start.length, properties.length);
                properties = block;
            }
            int flag = random.nextBoolean() ? random.nextInt() : 0x4A000000 | random.nextInt(1 << 10);
            readAllBounded(new WireMessage(flag, properties, body, 0), seed);
        }
    }

    @Test
    void mutatedMessagesGiveOnlyJmsExceptionsAndBoundedAllocation() throws Exception {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 1_000; seed++) {
            Random random = new Random(seed);
            WireMessage wire = MessageMapping.toWire(new RandomMessages(seed).next());
            if (wire.body().length > 100_000) {
                continue;
            }
            for (int i = 0; i < 20; i++) {
                int flag = random.nextInt(5) == 0 ? wire.flag() ^ 1 << random.nextInt(32) : wire.flag();
                byte[] properties = mutated(wire.properties(), random);
                byte[] body = mutated(wire.body(), random);
                readAllBounded(new WireMessage(flag, properties, body, 0), seed);
            }
        }
    }

    private static byte[] mutated(byte[] original, Random random) {
        byte[] bytes = original.clone();
        int changes = random.nextInt(4);
        for (int i = 0; i < changes && bytes.length > 0; i++) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0:
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                    break;
                case 1:
                    bytes[at] = (byte) random.nextInt();
                    break;
                case 2:
                    bytes[at] = (byte) random.nextInt(13);
                    break;
                case 3:
                    Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) (random.nextBoolean() ? 0x7F : 0xFF));
                    break;
                default:
                    bytes = Arrays.copyOf(bytes, at);
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 5, 1_000_000_000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void anOverflowLengthThatDoesNotFitIsRefused(int length) {
        byte[] kind = "_jms_k\u0001t".getBytes(StandardCharsets.UTF_8);
        byte[] body = ByteBuffer.allocate(8).putInt(length).array();
        assertThatThrownBy(() -> MessageMapping.fromWire(new WireMessage(0x4A000040, kind, body, 0), Wire.POLICY))
                .isInstanceOf(JMSException.class);
        byte[] shortBody = new byte[3];
        assertThatThrownBy(() -> MessageMapping.fromWire(new WireMessage(0x4A000040, kind, shortBody, 0), Wire.POLICY))
                .isInstanceOf(JMSException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, 1_000_000_000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aMapThatClaimsEntriesItDoesNotHaveIsRefused(int count) throws Exception {
        byte[] body = ByteBuffer.allocate(13).put((byte) 1).putInt(count).array();
        FulmarMessage message = Wire.ofNative(body, "_jms_k", "m");
        assertThatThrownBy(() -> message.getBody(Object.class)).isInstanceOf(JMSException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4, 1_000_000_000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aStreamValueThatClaimsBytesItDoesNotHaveIsRefused(int length) throws Exception {
        for (int tag = 10; tag <= 12; tag++) {
            byte[] body = ByteBuffer.allocate(9)
                    .put((byte) 1)
                    .put((byte) tag)
                    .putInt(length)
                    .array();
            FulmarStreamMessage message = (FulmarStreamMessage) Wire.ofNative(body, "_jms_k", "s");
            assertThatThrownBy(message::readObject).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> message.readBytes(new byte[10])).isInstanceOf(JMSException.class);
        }
    }

    @Test
    void anUnknownKindOrPriorityOfAJmsMessageIsRefused() {
        byte[] kind = "_jms_k\u0001t".getBytes(StandardCharsets.UTF_8);
        byte[] unknown = "_jms_k\u0001?".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> MessageMapping.fromWire(new WireMessage(0x4A000004, unknown, kind, 0), Wire.POLICY))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(
                        () -> MessageMapping.fromWire(new WireMessage(0x4A000004, new byte[0], kind, 0), Wire.POLICY))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> MessageMapping.fromWire(new WireMessage(0x4A00000A, kind, kind, 0), Wire.POLICY))
                .isInstanceOf(JMSException.class);
    }

    @Test
    void textThatIsNotUtf8IsToldNotReplaced() throws Exception {
        FulmarTextMessage message = (FulmarTextMessage) Wire.ofNative(new byte[] {'a', (byte) 0xFF}, "_jms_k", "t");
        assertThatThrownBy(message::getText).isInstanceOf(JMSException.class);
        assertThatThrownBy(message::getText).isInstanceOf(JMSException.class);
        FulmarTextMessage odd = (FulmarTextMessage) Wire.ofNative(new byte[3], "_jms_k", "u");
        assertThatThrownBy(odd::getText).isInstanceOf(JMSException.class);
        assertThat(Wire.trip(new FulmarTextMessage("\uFFFD")).getText()).isEqualTo("\uFFFD");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "a:", ":i", "a:i", "b:i,", "b:q", "b:i,,", "b:i,b:i", "not-a-name:e", "JMSXDeliveryCount:e"
            })
    void aBadListOfTypesIsRefusedWhenPropertiesAreRead(String types) throws Exception {
        FulmarMessage message = Wire.ofNative(new byte[0], "b", "text", "_jms_ty", types);
        assertThatThrownBy(() -> message.getObjectProperty("b")).isInstanceOf(JMSException.class);
        assertThatThrownBy(message::getPropertyNames).isInstanceOf(JMSException.class);
        assertThat(message.getJMSMessageID()).isNull();
    }
}

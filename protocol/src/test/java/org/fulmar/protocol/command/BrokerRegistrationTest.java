package org.fulmar.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.fulmar.protocol.command.Registrations.TOPICS;
import static org.fulmar.protocol.command.Registrations.VERSION;
import static org.fulmar.protocol.command.Registrations.decode;
import static org.fulmar.protocol.command.Registrations.deflate;
import static org.fulmar.protocol.command.Registrations.frame;
import static org.fulmar.protocol.command.Registrations.table;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.message.RecordDraft;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registrations in Apache's plain and compressed form, and those of somebody who means harm. */
class BrokerRegistrationTest {
    /** What one request may make its thread allocate, live or not. */
    private static final long ALLOCATION = 112L << 20;

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] plain() {
        ByteBuf body = Registrations.of(TOPICS).toFrame().body();
        byte[] bytes = new byte[body.readableBytes()];
        body.readBytes(bytes);
        return bytes;
    }

    @Test
    void aRegistrationComesBackAsItWentOut() {
        BrokerRegistration registration = Registrations.of(TOPICS);
        Frame frame = registration.toFrame();
        assertThat(frame.code()).isEqualTo(RequestCode.REGISTER_BROKER);
        assertThat(BrokerRegistration.decode(frame)).isEqualTo(registration);
        assertThat(frame.body().readableBytes())
                .as("the body can be read again")
                .isPositive();
    }

    @Test
    void aCompressedRegistrationSaysTheSame() {
        assertThat(decode(true, deflate(table(VERSION, TOPICS)))).isEqualTo(Registrations.of(TOPICS));
    }

    @Test
    void aTopicLineMayEndBehindTheFilterType() {
        byte[] old = utf8("....T 4 8 6 SINGLE_TAG");
        ByteBuf content = Unpooled.buffer();
        content.writeInt(2).writeBytes(utf8("{}")).writeInt(1);
        content.writeInt(old.length - 4).writeBytes(old, 4, old.length - 4);
        byte[] body = deflate(Arrays.copyOf(content.array(), content.readableBytes()));
        assertThat(decode(true, body).topics()).containsExactly(new TopicConfig("T", 4, 8, 6, 0, false, Map.of()));
    }

    @Test
    void aBrokerOlderThan3_0_11SendsTheTopicTableAlone() {
        byte[] table = JsonBody.bytes(JsonBody.parse(plain()).path("topicConfigSerializeWrapper"));
        Frame modern = frame(false, table, null);
        assertThat(BrokerRegistration.decode(modern).topics()).isEmpty();
        assertThat(BrokerRegistration.decode(OldFrames.ofVersion(36, modern))).isEqualTo(Registrations.of(TOPICS));
    }

    @Test
    void integerKeysAndNamesWithoutQuotesAreRead() {
        byte[] body = utf8("{topicConfigSerializeWrapper:{dataVersion:{counter:17,stateVersion:3,timestamp:5},"
                + "topicConfigTable:{T:{topicName:\"T\",readQueueNums:1,writeQueueNums:2,perm:6}},7:{0:\"x\"}}}");
        assertThat(decode(false, body).topics()).containsExactly(new TopicConfig("T", 1, 2, 6, 0, false, Map.of()));
    }

    @Test
    void theCrcIsThatOfTheBodyOrNone() {
        byte[] body = plain();
        int right = RecordDraft.crc(body);
        assertThat(right).isNotNegative();
        for (String crc : new String[] {null, "0", Integer.toString(right)}) {
            assertThat(BrokerRegistration.decode(frame(false, body, crc)).topics())
                    .hasSize(3);
        }
        assertThatThrownBy(() -> BrokerRegistration.decode(frame(false, body, Integer.toString(right ^ 1))))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("CRC");
    }

    @Test
    void anUnregistrationNamesTheSameBroker() {
        Frame frame = Registrations.of(List.of()).toUnregistration();
        assertThat(frame.code()).isEqualTo(RequestCode.UNREGISTER_BROKER);
        assertThat(frame.fields())
                .isEqualTo(Map.of(
                        "clusterName",
                        "DefaultCluster",
                        "brokerName",
                        "broker-a",
                        "brokerAddr",
                        "127.0.0.1:10911",
                        "brokerId",
                        "0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"clusterName", "brokerName", "brokerAddr", "brokerId"})
    void aMissingFieldIsNamed(String name) {
        Frame frame = frame(false, plain(), null);
        Map<String, String> fields = new HashMap<>(frame.fields());
        fields.remove(name);
        Frame without = Frame.request(frame.code(), fields, frame.body(), frame.encoding());
        assertThatThrownBy(() -> BrokerRegistration.decode(without))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(" " + name + " ");
    }

    @Test
    void aBodyThatIsCutAtAnyByteIsRefused() {
        byte[] plain = plain();
        for (int length = 1; length < plain.length; length++) {
            byte[] cut = Arrays.copyOf(plain, length);
            assertThatThrownBy(() -> decode(false, cut)).as("%d bytes", length).isInstanceOf(FrameException.class);
        }
        byte[] compressed = deflate(table(VERSION, TOPICS));
        for (int length = 0; length < compressed.length; length++) {
            byte[] cut = Arrays.copyOf(compressed, length);
            assertThatThrownBy(() -> decode(true, cut)).as("%d bytes", length).isInstanceOf(FrameException.class);
        }
    }

    @Test
    void aTableThatEndsInsideATopicIsRefused() {
        byte[] table = table(VERSION, TOPICS);
        int lastTopicEnds = new String(table, StandardCharsets.UTF_8).indexOf("FIFO") + "FIFO\"}".length();
        for (int length = 0; length < lastTopicEnds; length++) {
            byte[] cut = deflate(Arrays.copyOf(table, length));
            assertThatThrownBy(() -> decode(true, cut)).as("%d bytes", length).isInstanceOf(FrameException.class);
        }
    }

    @Test
    void whateverBytesComeOnlyRegistrationsAndFrameExceptionsCome() {
        byte[] plain = plain();
        byte[] table = table(VERSION, TOPICS);
        int[] boundaries = {0, -1, 1, Integer.MAX_VALUE, 0x7FFFFFF0, Integer.MIN_VALUE, 200_001};
        for (long seed = 0; seed < 10_000; seed++) {
            Random random = new Random(seed);
            boolean compressed = random.nextBoolean();
            byte[] content = (compressed ? table : plain).clone();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                if (random.nextInt(3) == 0) {
                    int value = boundaries[random.nextInt(boundaries.length)];
                    Unpooled.wrappedBuffer(content).setInt(random.nextInt(content.length - 4), value);
                } else {
                    content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            Throwable thrown = catchThrowable(() -> decode(compressed, compressed ? deflate(content) : content));
            if (thrown != null) {
                assertThat(thrown).as("seed %d", seed).isInstanceOf(FrameException.class);
            }
        }
    }

    @Test
    void whatInflatesToMoreThanTheLimitIsRefusedInBoundedMemory() {
        byte[] bomb = deflate(new byte[65 << 20]);
        assertThat(bomb).hasSizeLessThan(100_000);
        assertThat(allocatedBy(() -> assertThatThrownBy(() -> decode(true, bomb))
                        .isInstanceOf(FrameException.class)
                        .hasMessageContaining("inflates")))
                .isLessThan(ALLOCATION);
    }

    @Test
    void topicsWithNothingButAttributesAreRefusedInBoundedMemory() {
        StringBuilder attributes = new StringBuilder("{\"\":\"\"");
        for (int i = 0; attributes.length() < 15 << 20; i++) {
            attributes.append(",\"").append(Integer.toString(i, 36)).append("\":\"\"");
        }
        byte[] body = utf8("{\"topicConfigSerializeWrapper\":{\"topicConfigTable\":{\"T\":{\"attributes\":" + attributes
                + "}}}}}");
        assertThat(allocatedBy(
                        () -> assertThatThrownBy(() -> decode(false, body)).isInstanceOf(FrameException.class)))
                .isLessThan(2 * ALLOCATION);
    }

    @Test
    void aBodyOfNothingButBracketsIsRefusedInBoundedMemory() {
        byte[] plain = utf8("[" + "[],".repeat(5 << 20) + "1]");
        assertThat(allocatedBy(
                        () -> assertThatThrownBy(() -> decode(false, plain)).isInstanceOf(FrameException.class)))
                .isLessThan(ALLOCATION);
        ByteBuf content = Unpooled.buffer(plain.length + 8);
        content.writeInt(plain.length).writeBytes(plain).writeInt(0);
        byte[] compressed = deflate(Arrays.copyOf(content.array(), content.readableBytes()));
        assertThat(compressed).hasSizeLessThan(100_000);
        assertThat(allocatedBy(
                        () -> assertThatThrownBy(() -> decode(true, compressed)).isInstanceOf(FrameException.class)))
                .isLessThan(ALLOCATION);
    }

    private static long allocatedBy(Runnable task) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        task.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void asManyTopicsAsAFrameHoldsAreRead() {
        TopicConfig[] topics = new TopicConfig[90_000];
        Arrays.setAll(topics, i -> new TopicConfig("topic-" + i, 8, 6));
        BrokerRegistration registration = Registrations.of(List.of(topics));
        Frame frame = registration.toFrame();
        assertThat(frame.body().readableBytes()).isBetween(14 << 20, FrameLimits.DEFAULT.maxFrameBytes());
        assertThat(BrokerRegistration.decode(frame)).isEqualTo(registration);
        assertThat(decode(true, deflate(table(VERSION, registration.topics())))).isEqualTo(registration);
    }

    @Test
    void moreTopicsThanTheLimitAreRefused() {
        ByteBuf content = Unpooled.buffer();
        content.writeInt(2).writeBytes(utf8("{}")).writeInt(BrokerRegistration.MAX_TOPICS + 1);
        byte[] body = deflate(Arrays.copyOf(content.array(), content.readableBytes()));
        assertThatThrownBy(() -> decode(true, body))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("200001");
    }
}

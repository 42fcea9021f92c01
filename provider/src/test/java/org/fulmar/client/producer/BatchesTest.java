package org.fulmar.client.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.fulmar.client.Message;
import org.fulmar.client.UniqueIds;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Splitting of many messages into batches. */
@Timeout(60)
class BatchesTest {
    private static final int MAX = 2000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyBatchCanBeSentAndOrderIsKeptWithinEachTopic(long seed) throws Exception {
        Random random = new Random(seed);
        UniqueIds ids = new UniqueIds(InetAddress.getLoopbackAddress(), 1, 1, () -> 1_700_000_000_000L);
        ProducerConfig config = ProducerConfig.of("P").with(ProducerConfig.MAX_MESSAGE, MAX);
        for (int round = 0; round < 200; round++) {
            List<Message> messages = new ArrayList<>();
            for (int i = random.nextInt(40); i >= 0; i--) {
                Message.Builder builder =
                        Message.builder("T" + random.nextInt(3)).body(new byte[random.nextInt(MAX)]);
                if (random.nextInt(8) == 0) {
                    builder.delayLevel(1);
                }
                if (random.nextInt(4) == 0) {
                    builder.waitStored(random.nextBoolean());
                }
                if (random.nextInt(4) == 0) {
                    builder.property("p", "ü".repeat(1 + random.nextInt(100)));
                }
                messages.add(builder.build());
            }
            List<List<Message>> batches = Batches.split(messages, MAX);
            for (List<Message> batch : batches) {
                if (batch.size() > 1) {
                    assertThat(Encoded.batch(batch, config, ids, 0).body().length)
                            .as("seed %d", seed)
                            .isLessThanOrEqualTo(MAX);
                }
            }
            for (int topic = 0; topic < 3; topic++) {
                String name = "T" + topic;
                assertThat(of(batches, name))
                        .as("seed %d", seed)
                        .containsExactlyElementsOf(of(List.of(messages), name));
            }
        }
    }

    /** In order only among those that wait alike. */
    private static List<Message> of(List<List<Message>> batches, String topic) {
        List<Message> all = new ArrayList<>();
        for (String wait : new String[] {null, "true", "false"}) {
            batches.forEach(batch -> batch.stream()
                    .filter(message ->
                            message.topic().equals(topic) && java.util.Objects.equals(message.property("WAIT"), wait))
                    .forEach(all::add));
        }
        return all;
    }
}

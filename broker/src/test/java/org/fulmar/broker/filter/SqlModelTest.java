package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random SQL92 filters over random properties; run one again with {@code -Dfulmar.seed=N}. */
@Timeout(180)
class SqlModelTest {
    private static final int SEEDS = 10_000;

    @Test
    void aFilterHasTheTruthThatASimpleModelGivesIt() {
        SeededTruths.check(SEEDS, seed -> {
            SqlModel model = new SqlModel(seed);
            SqlModel.Node condition = model.condition(4);
            Map<String, String> properties = model.properties();
            TestMessage message = TestMessage.ofNative();
            properties.forEach(message::raw);
            Boolean truth = condition.truth(properties);
            Truth expected = truth == null ? Truth.UNKNOWN : Truth.of(truth);
            assertThat(SqlTruthTest.truth(condition.text(), message.record()))
                    .as("seed %s: %s of %s", seed, condition.text(), properties)
                    .isEqualTo(expected);
            return expected;
        });
    }
}

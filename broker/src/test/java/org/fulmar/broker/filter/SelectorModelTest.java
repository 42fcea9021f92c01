package org.fulmar.broker.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random expressions over random properties; run one again with {@code -Dfulmar.seed=N}. */
@Timeout(180)
class SelectorModelTest {
    private static final int SEEDS = 20_000;

    @Test
    void aSelectorHasTheTruthThatASimpleModelGivesIt() {
        SeededTruths.check(SEEDS, seed -> {
            RandomSelectors selectors = new RandomSelectors(seed);
            Model.Node condition = selectors.condition(5);
            Map<String, Object> properties = selectors.properties();
            TestMessage message = TestMessage.jms();
            properties.forEach(message::with);
            if (seed % 5 == 0) {
                message.propertiesInBody();
            }
            Boolean truth = Model.truth(condition.value(properties));
            Truth expected = truth == null ? Truth.UNKNOWN : Truth.of(truth);
            String text = restyled(condition.text(), seed);
            assertThat(Selections.truth(text, message.record()))
                    .as("seed %s: %s of %s", seed, text, properties)
                    .isEqualTo(expected);
            return expected;
        });
    }

    /** The same selector with other blanks, and its keywords in any case; literals stay as they are. */
    private static String restyled(String text, long seed) {
        Random random = new Random(seed);
        StringBuilder out = new StringBuilder();
        boolean quoted = false;
        for (String word : text.split("(?<=[ '])|(?=[ '])")) {
            quoted ^= word.equals("'");
            if (!quoted && word.equals(" ")) {
                out.append(" \t\n\f\r".charAt(random.nextInt(5)));
            } else if (!quoted && word.matches("AND|OR|NOT|BETWEEN|IN|LIKE|ESCAPE|IS|NULL")) {
                word.chars().forEach(c -> out.append((char) (random.nextBoolean() ? c : Character.toLowerCase(c))));
            } else {
                out.append(word);
            }
        }
        return out.toString();
    }
}

package org.fulmar.jms.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class WireRoundTripTest {

    private static final long FIRST_SEED = 20_260_101;

    @Test
    void twoThousandRandomMessagesArriveAsTheyWere() throws Exception {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 2_000; seed++) {
            try {
                FulmarMessage message = new RandomMessages(seed).next();
                FulmarMessage received = Wire.trip(message);
                RandomMessages.assertSameContents(received, message);
                // Forwarded, once all of it has been decoded.
                RandomMessages.assertSameContents(Wire.trip(received), message);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void theRandomMessagesReachEveryKindAndEveryFlag() throws Exception {
        Set<String> kinds = new TreeSet<>();
        int flags = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 500; seed++) {
            WireMessage wire = MessageMapping.toWire(new RandomMessages(seed).next());
            kinds.add(Wire.properties(wire.properties()).get("_jms_k"));
            flags |= wire.flag();
        }
        assertThat(kinds).containsExactly("b", "m", "n", "o", "s", "t", "u", "x", "y");
        assertThat(flags & 0b11_0111_0000).isEqualTo(0b11_0111_0000);
    }

    @Test
    void messagesThatAreForwardedUnreadArriveAsTheyWere() throws Exception {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 500; seed++) {
            try {
                FulmarMessage message = new RandomMessages(seed).next();
                RandomMessages.assertSameContents(Wire.trip(Wire.trip(message)), message);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void theWireFormNeverHoldsWhatRocketMqWouldDropOrCanNotCarry() throws Exception {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + 500; seed++) {
            WireMessage wire = MessageMapping.toWire(new RandomMessages(seed).next());
            String block = new String(wire.properties(), StandardCharsets.UTF_8);
            assertThat(wire.properties().length).as("seed %d", seed).isLessThanOrEqualTo(30_000);
            assertThat(block).as("seed %d", seed).doesNotContain("\u0001\u0002").doesNotStartWith("\u0001");
            assertThat(block)
                    .as("seed %d", seed)
                    .doesNotContain("\u0002\u0001", "\u0000")
                    .endsWith("\u0002");
            int entries = Wire.properties(wire.properties()).size();
            assertThat(block.chars().filter(c -> c == 1).count())
                    .as("seed %d", seed)
                    .isEqualTo(entries);
            assertThat(block.chars().filter(c -> c == 2).count())
                    .as("seed %d", seed)
                    .isEqualTo(entries);
        }
    }
}

package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Open Liberty. */
@EnabledIfSystemProperty(named = "liberty.skip", matches = "false")
class LibertyTest extends RecoveringServerTest {
    @Override
    Server server(Path work, String url) {
        return new Liberty(work, url);
    }

    @Test
    @Order(1)
    void injectedContextsAreInTheTransactionOfTheirBean() {
        ask("injected", "named", "stumble", "greetings");
        ask("default", "default", "stumble", "greetings");

        assertThat(take("greetings", 2)).containsExactly("default", "named");
    }

    @Test
    @Order(1)
    void definitionsOfAnApplicationWork() {
        ask("defined", "defined", "", "");

        assertThat(take("defined-answers", 1)).containsExactly("defined");
    }
}

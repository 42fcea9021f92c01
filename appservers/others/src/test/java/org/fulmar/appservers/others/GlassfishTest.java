package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** GlassFish, whose default connection factory is of its own JMS. */
@EnabledIfSystemProperty(named = "glassfish.skip", matches = "false")
class GlassfishTest extends RecoveringServerTest {
    @Override
    Server server(Path work, String url) throws IOException {
        return new Glassfish("glassfish7", work, url);
    }

    @Test
    @Order(1)
    void injectedContextIsInTheTransactionOfItsBean() {
        ask("injected", "named", "stumble", "greetings");

        assertThat(take("greetings", 1)).containsExactly("named");
    }

    @Test
    @Order(1)
    void definitionsOfAnApplicationWork() {
        ask("defined", "defined", "", "");

        assertThat(take("defined-answers", 1)).containsExactly("defined");
    }
}

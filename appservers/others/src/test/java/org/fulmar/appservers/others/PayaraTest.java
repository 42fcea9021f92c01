package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Payara, the community edition. */
@EnabledIfSystemProperty(named = "payara.skip", matches = "false")
class PayaraTest extends RecoveringServerTest {
    @Override
    Server server(Path work, String url) throws IOException {
        return new Glassfish("payara6", work, url);
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

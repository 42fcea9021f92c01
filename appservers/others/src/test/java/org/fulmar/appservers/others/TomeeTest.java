package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** TomEE, of Jakarta EE 9.1: with the API of JMS 3.0, without recovery, and with applications that it starts with. */
@EnabledIfSystemProperty(named = "tomee.skip", matches = "false")
class TomeeTest extends ServerTest {
    @Override
    Server server(Path work, String url) {
        return new Tomee(work, url);
    }

    @Test
    @Order(1)
    void injectedContextIsInTheTransactionOfItsBean() {
        ask("injected", "named", "stumble", "greetings");

        assertThat(take("greetings", 1)).containsExactly("named");
    }
}

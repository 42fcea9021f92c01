package org.fulmar.appservers.others;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The whole distribution of WildFly; what it has to do besides is in the module wildfly, with a slim one. */
@EnabledIfSystemProperty(named = "wildfly.skip", matches = "false")
class WildflyTest extends RecoveringServerTest {
    @Override
    Server server(Path work, String url) throws IOException {
        return new Wildfly(work, url);
    }

    @Test
    @Order(1)
    void contextOfTheDefaultConnectionFactoryIsInTheTransactionOfItsBean() {
        ask("default", "default", "stumble", "greetings");

        assertThat(take("greetings", 1)).containsExactly("default");
    }

    @Test
    @Order(1)
    void definitionsOfAnApplicationWork() {
        ask("defined", "defined", "", "");

        assertThat(take("defined-answers", 1)).containsExactly("defined");
    }
}

package org.fulmar.jms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.fulmar.broker.config.BrokerOptions;
import org.fulmar.protocol.config.OptionSpec;
import org.junit.jupiter.api.Test;

/** The documentation page of the client's options says what the code says. */
class OptionsPageTest {
    @Test
    void pageListsEveryOptionWithUnitDefaultRangeAndMeaning() throws IOException {
        assertListed(ClientOptions.ALL);
    }

    @Test
    void pageListsTheBrokersOptionsForHalfMessages() throws IOException {
        List<OptionSpec> options = BrokerOptions.ALL.stream()
                .filter(option ->
                        option.key().startsWith("transaction") || option.key().equals("maxHalfMessages"))
                .toList();
        assertThat(options).hasSize(5);
        assertListed(options);
    }

    private static void assertListed(List<OptionSpec> options) throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/configuration.md"));
        for (OptionSpec option : options) {
            String otherwise = option.otherwise().isEmpty() ? "(empty)" : option.otherwise();
            String range = option.range().replace("|", "\\|");
            assertThat(page)
                    .contains("| `" + option.key() + "` | " + option.unit() + " | " + otherwise + " | " + range + " | "
                            + option.doc() + " |");
        }
    }
}

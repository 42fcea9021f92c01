package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page that says which versions are tested. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LibrariesPageTest {
    @Test
    void pageNamesTheVersionsThatTheBuildTests() throws IOException {
        String pom = Files.readString(Path.of("../pom.xml"));
        String page = Files.readString(Path.of("../docs/libraries.md"));
        Map<String, String> libraries = Map.of(
                "org.springframework:spring-jms", "spring.version",
                "org.messaginghub:pooled-jms", "pooled.jms.version",
                "org.apache.camel:camel-jms", "camel.version");
        libraries.forEach((library, property) -> {
            Matcher version =
                    Pattern.compile("<" + Pattern.quote(property) + ">([^<]+)<").matcher(pom);
            assertThat(version.find()).as(property).isTrue();
            assertThat(page).contains("| `" + library + "` | " + version.group(1) + " |");
        });
    }
}

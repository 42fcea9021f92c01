package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page that says which version is tested. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AppServersPageTest {
    @Test
    void pageNamesTheVersionThatTheBuildTests() throws IOException {
        Matcher version =
                Pattern.compile("<wildfly.version>([^<]+)<").matcher(Files.readString(Path.of("../../pom.xml")));
        assertThat(version.find()).isTrue();

        assertThat(Files.readString(Path.of("../../docs/app-servers.md")))
                .contains("| WildFly, slim | " + version.group(1) + " |");
    }
}

package org.fulmar.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a test's JVM tells: lines that stay lines, whatever a message has in it. */
@Timeout(120)
class TestEventTest {
    private static TestEvent failed(String text) {
        return new TestEvent(TestEvent.Kind.FAILED, "a.B", "c", 12, text);
    }

    @Test
    void eventComesOutOfItsLineAsItWentIn() {
        TestEvent event = failed("why: <ä> €");
        assertThat(TestEvent.of(event.line().stripTrailing())).isEqualTo(event);
    }

    @Test
    void textIsTheFirstLineThatSaysSomethingAndBounded() {
        assertThat(failed("\n \r\n a\tb\u0000 \nc").text()).isEqualTo("a b");
        assertThat(failed("x".repeat(100_000)).text()).hasSize(TestEvent.MAX_TEXT);
    }

    @Test
    void whatIsNoEventIsNone() {
        for (String line : new String[] {"", "FAILED", "FAILED\ta\tb\tc\td", "GONE\ta\tb\t1\t", "\t\t\t\t"}) {
            assertThat(TestEvent.of(line)).as(line).isNull();
        }
    }

    @Test
    void eventsAreReadOnceEachAndWhenTheirLineIsWhole(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("events");
        EventFile events = new EventFile(file);
        assertThat(events.next()).isEmpty();
        String line = failed("ä").line();
        Files.writeString(file, line + line.substring(0, 9));
        assertThat(events.next()).containsExactly(failed("ä"));
        assertThat(events.next()).isEmpty();
        Files.writeString(file, line.substring(9), StandardOpenOption.APPEND);
        assertThat(events.next()).containsExactly(failed("ä"));
        Files.writeString(file, "nonsense\n", StandardOpenOption.APPEND);
        assertThatThrownBy(events::next).isInstanceOf(IOException.class).hasMessageContaining("nonsense");
    }
}

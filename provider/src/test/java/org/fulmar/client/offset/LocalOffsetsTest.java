package org.fulmar.client.offset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.fulmar.client.MessageQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Offsets of broadcast consumers in their file. */
@Timeout(60)
class LocalOffsetsTest {
    private static final MessageQueue ONE = new MessageQueue("T", "a", 0);
    private static final MessageQueue OTHER = new MessageQueue("T", "b", 3);

    @TempDir
    Path directory;

    private LocalOffsets open(String client, String group) throws IOException {
        return new LocalOffsets(directory, client, group, Runnable::run);
    }

    private Path file() throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(path -> path.endsWith("offsets.json"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void whatWasWrittenIsThereAfterARestart() throws Exception {
        LocalOffsets offsets = open("me@1", "G");
        offsets.update(ONE, 7);
        offsets.update(OTHER, Long.MAX_VALUE);
        offsets.write(Set.of()).get();
        LocalOffsets again = open("me@1", "G");
        assertThat(again.stored(ONE).get()).isEqualTo(7);
        assertThat(again.stored(OTHER).get()).isEqualTo(Long.MAX_VALUE);
        assertThat(again.stored(new MessageQueue("T", "b", 4)).get()).isEqualTo(OffsetStore.NONE);
        assertThat(open("me@1", "H").stored(ONE).get()).isEqualTo(OffsetStore.NONE);
    }

    @Test
    void aDamagedFileIsReplacedByItsBackup() throws Exception {
        LocalOffsets offsets = open("me", "G");
        offsets.update(ONE, 1);
        offsets.write(Set.of()).get();
        offsets.update(ONE, 2);
        offsets.write(Set.of()).get();
        byte[] whole = Files.readAllBytes(file());
        Random random = new Random(5);
        for (int i = 0; i < 50; i++) {
            Files.write(file(), java.util.Arrays.copyOf(whole, random.nextInt(whole.length - 2)));
            assertThat(open("me", "G").stored(ONE).get()).isEqualTo(1);
        }
        Files.delete(file());
        assertThat(open("me", "G").stored(ONE).get()).isEqualTo(1);
    }

    @Test
    void withoutAnyReadableFileItSaysSo() throws Exception {
        LocalOffsets offsets = open("me", "G");
        offsets.update(ONE, 1);
        offsets.write(Set.of()).get();
        Files.writeString(file(), "{");
        assertThatThrownBy(() -> open("me", "G"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("offsets.json");
    }

    @Test
    void noNameLeavesTheDirectory() throws Exception {
        for (String name : List.of("..", "../../x", "a/b", "C:\\x", "", "ü", "x".repeat(500))) {
            LocalOffsets offsets = open("c" + name, "g" + name);
            offsets.update(ONE, 3);
            offsets.write(Set.of()).get();
            assertThat(open("c" + name, "g" + name).stored(ONE).get()).isEqualTo(3);
        }
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(7);
        }
        assertThat(LocalOffsets.escaped("..")).isEqualTo("%2E%2E");
    }
}

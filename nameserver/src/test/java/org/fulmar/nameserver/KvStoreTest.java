package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KvStoreTest {
    @TempDir
    private Path directory;

    @Test
    void whatWasPutIsThereAfterReopening() throws IOException {
        Path made = directory.resolve("made/as/needed");
        KvStore store = KvStore.open(made);
        store.put("n", "k", "v ä \" \n");
        store.put("n", "empty", "");
        store.put("m", "k", "w");
        store.delete("m", "k");
        store.delete("m", "none");

        KvStore again = KvStore.open(made);

        assertThat(again.list("n")).isEqualTo(Map.of("k", "v ä \" \n", "empty", ""));
        assertThat(again.list("m")).isEmpty();
        assertThat(made.resolve("kvConfig.json.tmp")).doesNotExist();
    }

    @Test
    void aDamagedFileGivesWayToThePreviousCopy() throws IOException {
        KvStore store = KvStore.open(directory);
        store.put("n", "k", "1");
        store.put("n", "k", "2");
        Files.writeString(directory.resolve("kvConfig.json"), "{\"configTable\":{\"n\"");

        assertThat(KvStore.open(directory).get("n", "k")).isEqualTo("1");
        Files.delete(directory.resolve("kvConfig.json.bak"));
        assertThatThrownBy(() -> KvStore.open(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("kvConfig.json");
    }

    @Test
    void aChangeThatCannotBeWrittenIsNotSeen() throws IOException {
        KvStore store = KvStore.open(directory);
        store.put("n", "k", "1");
        Files.createDirectory(directory.resolve("kvConfig.json.tmp"));

        assertThatThrownBy(() -> store.put("n", "k", "2")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.delete("n", "k")).isInstanceOf(IOException.class);

        assertThat(store.get("n", "k")).isEqualTo("1");
    }

    @Test
    void everySizeIsBounded() throws IOException {
        KvStore store = KvStore.inMemory();
        String tooLong = "x".repeat(KvStore.MAX_NAME_LENGTH + 1);
        assertThatThrownBy(() -> store.put(tooLong, "k", "v")).hasMessageContaining("namespace");
        assertThatThrownBy(() -> store.put("n", tooLong, "v")).hasMessageContaining("key");
        assertThatThrownBy(() -> store.put("n", "", "v")).hasMessageContaining("key");
        String value = "v".repeat(KvStore.MAX_VALUE_LENGTH);
        assertThatThrownBy(() -> store.put("n", "k", value + "v")).hasMessageContaining("65536");
        int fit = (int) (KvStore.MAX_TOTAL_LENGTH / (KvStore.MAX_VALUE_LENGTH + 5));
        for (int i = 0; i < fit; i++) {
            store.put("n", "k" + (100 + i), value);
        }
        assertThatThrownBy(() -> store.put("n", "last", value)).hasMessageContaining("together");
        assertThat(store.list("n")).hasSize(fit);
    }
}

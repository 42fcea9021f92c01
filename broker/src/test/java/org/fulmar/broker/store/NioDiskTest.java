package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class NioDiskTest {
    @TempDir
    Path directory;

    @Test
    void aTreeIsDeletedThoughOthersDeleteOfItMeanwhile() throws Exception {
        NioDisk disk = new NioDisk();
        for (int round = 0; round < 30; round++) {
            Path tree = directory.resolve("tree" + round);
            List<Path> files = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Path file = tree.resolve(Integer.toString(i % 5)).resolve(Integer.toString(i));
                Files.createDirectories(file.getParent());
                files.add(Files.createFile(file));
            }
            CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
                try {
                    for (Path file : files) {
                        disk.delete(file);
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            disk.delete(tree);
            other.get(Patience.SECONDS, TimeUnit.SECONDS);
            assertThat(tree).doesNotExist();
        }
    }

    @Test
    void whatIsNotThereIsDeletedWithoutAWord() throws Exception {
        new NioDisk().delete(directory.resolve("nothing"));
        assertThat(directory).isEmptyDirectory();
    }
}

package org.fulmar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Knows the child processes that run and the directories that exist for a comparison, and removes what is left of them
 * when this JVM exits, by whatever way but SIGKILL. Safe for all threads.
 */
final class Cleanup {

    private static final long KILL_SECONDS = 5;
    private static final Set<Process> PROCESSES = ConcurrentHashMap.newKeySet();
    private static final Set<Path> DIRECTORIES = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Cleanup::all, "cleanup"));
    }

    private Cleanup() {}

    static void add(Process process) {
        PROCESSES.add(process);
    }

    static void remove(Process process) {
        PROCESSES.remove(process);
    }

    static Path newDirectory(Path parent) throws IOException {
        Path directory = Files.createTempDirectory(parent, "fulmar-bench-");
        DIRECTORIES.add(directory);
        return directory;
    }

    /** Deletes a directory made here with all that is in it. */
    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(Cleanup::deleteFile);
            DIRECTORIES.remove(directory);
        } catch (IOException | UncheckedIOException e) {
            System.err.println("cannot delete " + directory + ": " + e);
        }
    }

    private static void deleteFile(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void all() {
        PROCESSES.forEach(Process::destroyForcibly);
        for (Process process : PROCESSES) {
            try {
                process.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        DIRECTORIES.forEach(Cleanup::delete);
    }
}

package org.fulmar.jms.kill;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The append-only history file of one worker, {@code NAME.history}.
 *
 * <p>Safe for any thread (a listener and an exception listener write to the same file). When {@link #write} returns,
 * the operating system has the line: it survives the death of this process. A line is written whole or not at all as
 * far as other writers are concerned.
 */
final class HistoryWriter implements Closeable {

    static final String SUFFIX = ".history";

    private final FileOutputStream out;

    HistoryWriter(Path directory, String worker) {
        try {
            out = new FileOutputStream(directory.resolve(worker + SUFFIX).toFile(), true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized void write(HistoryEvent event) {
        try {
            out.write((event.format() + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

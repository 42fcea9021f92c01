package org.fulmar.appservers.load.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Counts that the server keeps and the test reads while it runs: a mapped file, so that they outlive the server, but for
 * what it does just when it is killed. Never what a test judges by. For any thread and any process.
 */
public final class Progress {
    /** Transactions of the bean that were committed. */
    public static final int COMMITTED = 0;
    /** Transactions of the bean that ended in another way, or whose end is not known. */
    public static final int NOT_COMMITTED = 8;
    /** Deliveries of what was there already. */
    public static final int TWICE = 16;

    private static final int SIZE = 24;
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final ByteBuffer counts;

    private Progress(ByteBuffer counts) {
        this.counts = counts;
    }

    /** Makes the file if it is not there. */
    public static Progress of(Path file) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Progress(channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void count(int what) {
        LONGS.getAndAdd(counts, what, 1L);
    }

    public long get(int what) {
        return (long) LONGS.getVolatile(counts, what);
    }
}

package org.fulmar.broker.hostile;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.frame.HeaderEncoding;

/**
 * Sends mutations to one server, one behind the other over one connection until the server closes it or it has had its
 * share, and reads what comes without caring. Owned by the thread that calls it.
 */
final class Attacker implements Callable<Attacker.Tally> {
    /**
     * What came of it.
     *
     * @param answered mutations after which something came back, soon or until their connection was closed
     * @param closed mutations after which the server closed the connection
     */
    record Tally(int connections, int answered, int closed) {
        Tally plus(Tally other) {
            return new Tally(connections + other.connections, answered + other.answered, closed + other.closed);
        }
    }

    private static final int MOST_PER_CONNECTION = 100;
    /** How long to look for an answer at first and at most; what is swallowed as a part of a longer frame gets none. */
    private static final long FIRST_LOOK_NANOS = 2_000_000;

    private static final long LAST_LOOK_NANOS = 32_000_000;

    /** How long a connection whose last answers have not come is kept, while others are used. */
    private static final long LATE_NANOS = 1_000_000_000;

    private static final int MOST_LATE = 200;

    private static final long STUCK_NANOS = 100_000_000;
    private static final long GREETING_NANOS = Patience.MILLIS * 1_000_000L;

    private final InetSocketAddress server;
    private final Mutator mutator;
    private final Random random;
    private final int mutations;
    /** What a connection says before the mutations, sometimes. */
    private final List<Template> opening;

    private final ByteBuffer input = ByteBuffer.allocate(64 * 1024);
    private SocketChannel channel;
    private int share;
    private int connections;
    private int answers;
    private int closings;
    /** Whether anything has come since this was last set to false. */
    private boolean heard;
    /** Whether nothing came for the last mutation over this connection. */
    private boolean missed;
    /** Longer when answers come later, as on a busy machine. */
    private long lookNanos = FIRST_LOOK_NANOS;

    /** Mutations for which nothing came over this connection. */
    private int misses;

    private Frames frames = new Frames();
    private final Deque<Late> late = new ArrayDeque<>();

    /** A connection that is used no more, and over which answers may come yet. */
    private record Late(SocketChannel channel, Frames frames, int misses, long until) {}

    /** Counts the frames of what comes. */
    private static final class Frames {
        private int count;
        private int lengthBytes;
        private int length;
        private int left;

        void take(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                if (left > 0) {
                    int taken = Math.min(left, bytes.remaining());
                    bytes.position(bytes.position() + taken);
                    left -= taken;
                    continue;
                }
                length = length << 8 | bytes.get() & 0xFF;
                if (++lengthBytes == Integer.BYTES) {
                    count++;
                    left = length;
                    length = 0;
                    lengthBytes = 0;
                }
            }
        }
    }

    Attacker(InetSocketAddress server, List<Template> corpus, List<Template> opening, long seed, int mutations) {
        this.server = server;
        this.mutator = new Mutator(corpus, seed);
        this.random = new Random(~seed);
        this.opening = opening;
        this.mutations = mutations;
    }

    @Override
    public Tally call() throws IOException {
        for (int i = 0; i < mutations; i++) {
            byte[] bytes = mutator.next();
            if (channel == null || share-- <= 0) {
                reconnect();
            }
            heard = false;
            send(bytes);
            await(lookNanos);
            if (channel == null) {
                closings++;
            } else if (heard) {
                answers++;
                // what comes after none came is likely to be late
                lookNanos = missed
                        ? Math.min(LAST_LOOK_NANOS, 2 * lookNanos)
                        : Math.max(FIRST_LOOK_NANOS, lookNanos / 8 * 7);
                missed = false;
            } else {
                missed = true;
                misses++;
                share = Math.min(share, 1);
            }
        }
        leave();
        while (!late.isEmpty()) {
            LockSupport.parkNanos(late.peek().until() - System.nanoTime());
            closeLate();
        }
        return new Tally(connections, answers, closings);
    }

    private void reconnect() throws IOException {
        leave();
        closeLate();
        missed = false;
        misses = 0;
        frames = new Frames();
        share = random.nextInt(MOST_PER_CONNECTION);
        connections++;
        channel = SocketChannel.open();
        // nothing of it stays behind when it is closed
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.connect(server);
        channel.configureBlocking(false);
        if (!opening.isEmpty() && random.nextBoolean()) {
            heard = false;
            send(opening.get(0).bytes(HeaderEncoding.ROCKETMQ, 1));
            await(GREETING_NANOS);
            if (!heard) {
                throw new IOException("no answer to a valid greeting");
            }
            for (Template next : opening.subList(1, opening.size())) {
                send(next.bytes(HeaderEncoding.ROCKETMQ, 2));
            }
        }
    }

    /** Closes the connection, later if the last answer has not come. */
    private void leave() throws IOException {
        if (channel != null && missed) {
            late.add(new Late(channel, frames, misses, System.nanoTime() + LATE_NANOS));
            channel = null;
        }
        close();
    }

    /** Closes those that have had their time, and the oldest if there are too many, and counts what has come of them. */
    private void closeLate() throws IOException {
        while (!late.isEmpty() && (late.size() > MOST_LATE || late.peek().until() <= System.nanoTime())) {
            Late oldest = late.remove();
            int before = oldest.frames().count;
            try (SocketChannel last = oldest.channel()) {
                while (last.read(input.clear()) > 0) {
                    oldest.frames().take(input.flip());
                }
            } catch (IOException e) {
                // the server has closed it, too
                continue;
            } finally {
                answers += Math.min(oldest.misses(), oldest.frames().count - before);
            }
        }
    }

    private void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    /** Until something comes, the connection is closed, or the time is over. */
    private void await(long nanos) throws IOException {
        long deadline = System.nanoTime() + nanos;
        read();
        while (channel != null && !heard && System.nanoTime() < deadline) {
            LockSupport.parkNanos(20_000);
            read();
        }
    }

    /** Reads what is there, and gives the connection up if it was closed. */
    private void read() throws IOException {
        if (channel == null) {
            return;
        }
        try {
            int count = channel.read(input.clear());
            while (count > 0) {
                heard = true;
                frames.take(input.flip());
                count = channel.read(input.clear());
            }
            if (count < 0) {
                close();
            }
        } catch (IOException e) {
            close();
        }
    }

    private void send(byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        long deadline = System.nanoTime() + STUCK_NANOS;
        while (channel != null && out.hasRemaining()) {
            try {
                channel.write(out);
            } catch (IOException e) {
                close();
                return;
            }
            read();
            if (out.hasRemaining() && System.nanoTime() > deadline) {
                // the server does not read on; that is its right
                close();
            }
        }
    }
}

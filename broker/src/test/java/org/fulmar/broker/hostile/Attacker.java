package org.fulmar.broker.hostile;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
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
     * @param answered mutations after which something came back
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
                share = Math.min(share, 1);
            }
        }
        close();
        return new Tally(connections, answers, closings);
    }

    private void reconnect() throws IOException {
        close();
        missed = false;
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

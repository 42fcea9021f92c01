package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSRuntimeException;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.fulmar.ra.container.Relay;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several threads move messages in transactions over one connection, at random, which is cut now and then. */
class MovesTest extends OutboundTest {
    private static final int THREADS = 4;
    private static final int MOVES = 40;
    private static final int MESSAGES = 60;

    private Relay relay;
    private ConnectionFactory receiving;
    private ConnectionFactory sending;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void everyMessageIsInOnePlaceOnceWhateverBecomesOfTheTransactions(long seed) throws Exception {
        String from = queue + seed + "/from";
        String to = queue + seed + "/to";
        List<String> all = IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList();
        send(from, all.toArray(new String[0]));
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (Relay between = new Relay(broker.port())) {
            relay = between;
            adapter.setUrl(relay.url());
            receiving = connections();
            FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
            other.setResourceAdapter(adapter);
            other.setPrefetch(2);
            sending = (ConnectionFactory) other.createConnectionFactory(container);
            List<Future<Integer>> moved = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Random random = new Random(seed * 31 + i);
                moved.add(threads.submit(() -> moveAll(random, from, to)));
            }
            int sum = 0;
            for (Future<Integer> each : moved) {
                sum += each.get(100, TimeUnit.SECONDS);
            }
            assertThat(sum)
                    .as("seed %d: transactions that moved a message", seed)
                    .isPositive();
            assertThat(container.inUse()).as("seed %d", seed).isZero();
        } finally {
            threads.shutdown();
            container.close();
            adapter.connections().close();
        }
        List<String> found = new ArrayList<>(drain(from));
        found.addAll(drain(to));
        assertThat(found).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(all);
    }

    private int moveAll(Random random, String from, String to) throws Exception {
        int moved = 0;
        for (int i = 0; i < MOVES; i++) {
            transactions.begin();
            boolean done = false;
            try {
                done = move(random, from, to);
                if (random.nextInt(40) == 0) {
                    relay.cut();
                    relay.mend();
                }
            } catch (JMSRuntimeException e) {
                // the connection was cut; what was done in the transaction can't be committed
                transactions.setRollbackOnly();
            }
            if (end(done && random.nextInt(4) > 0)) {
                moved++;
            }
        }
        return moved;
    }

    private boolean move(Random random, String from, String to) {
        try (JMSContext in = receiving.createContext()) {
            JMSConsumer consumer = in.createConsumer(in.createQueue(from));
            String text = consumer.receiveBody(String.class, 50);
            if (text == null) {
                return false;
            }
            if (random.nextBoolean()) {
                in.createProducer().send(in.createQueue(to), text);
                return true;
            }
            try (JMSContext out = sending.createContext()) {
                out.createProducer().send(out.createQueue(to), text);
            }
            return true;
        }
    }

    private boolean end(boolean commit) throws Exception {
        if (!commit || transactions.getStatus() != Status.STATUS_ACTIVE) {
            container.rollback();
            return false;
        }
        try {
            container.commit();
            return true;
        } catch (RollbackException | HeuristicMixedException | HeuristicRollbackException e) {
            return false;
        }
    }
}

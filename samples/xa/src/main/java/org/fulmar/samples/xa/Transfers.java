package org.fulmar.samples.xa;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Queue;
import jakarta.jms.XAJMSContext;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.sql.XAConnection;
import javax.transaction.xa.XAException;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jspecify.annotations.Nullable;

/**
 * The program that moves money, on two threads. One takes an amount from our account and sends a message with it, in one
 * global transaction; the other receives a message and adds its amount to their account, in one global transaction. It
 * begins with the recovery of what an earlier life of it has left in doubt. What it prints is for {@link XaSample}.
 */
public final class Transfers {
    static final String QUEUE = "transfers";

    private static final long WAIT_MILLIS = 500;
    /** Transactions before the one in which it is killed. */
    private static final int BEFORE_KILL = 4;

    private static final int KILL_SECONDS = 60;

    private final Plan plan;
    private final FulmarConnectionFactory factory;
    private final Bank bank;
    private final AtomicInteger begun = new AtomicInteger();

    /**
     * What one life of the program does.
     *
     * @param transfers how many are sent, in all lives together
     * @param kept how many of them are left in the queue
     * @param kill where it wants to be killed; null for nowhere
     */
    record Plan(
            Path directory,
            String url,
            int transfers,
            int kept,
            @Nullable Kill kill) {
        List<String> arguments() {
            return List.of(
                    directory.toString(),
                    url,
                    Integer.toString(transfers),
                    Integer.toString(kept),
                    kill == null ? "-" : kill.debit + ":" + kill.moment);
        }

        static Plan parse(String[] arguments) {
            Kill kill = null;
            if (!arguments[4].equals("-")) {
                String[] parts = arguments[4].split(":");
                kill = new Kill(Boolean.parseBoolean(parts[0]), Moment.valueOf(parts[1]));
            }
            return new Plan(
                    Path.of(arguments[0]),
                    arguments[1],
                    Integer.parseInt(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    kill);
        }
    }

    /** @param debit whether in a transaction that sends, else in one that receives */
    record Kill(boolean debit, Moment moment) {
        @Override
        public String toString() {
            return (debit ? "send " : "receive ") + moment;
        }
    }

    private Transfers(Plan plan, FulmarConnectionFactory factory, Bank bank) {
        this.plan = plan;
        this.factory = factory;
        this.bank = bank;
    }

    public static void main(String[] args) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(2);
        });
        Plan plan = Plan.parse(args);
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(plan.url);
                Bank bank = new Bank(plan.directory)) {
            new Transfers(plan, factory, bank).run();
        }
        System.out.println("END");
    }

    private void run() throws Exception {
        XAConnection bankRecovery = bank.connect();
        try (XAJMSContext queueRecovery = factory.createXAContext()) {
            printInDoubt("FOUND", bankRecovery, queueRecovery);
            try (Narayana narayana = new Narayana(
                    plan.directory.resolve("narayana"),
                    List.of(bankRecovery::getXAResource, queueRecovery::getXAResource))) {
                printInDoubt("RECOVERED", bankRecovery, queueRecovery);
                printTransfers(bankRecovery);
                Thread sending = new Thread(() -> send(narayana), "sending");
                Thread receiving = new Thread(() -> receive(narayana), "receiving");
                sending.start();
                receiving.start();
                sending.join();
                receiving.join();
                narayana.recover();
                printInDoubt("LEFT", bankRecovery, queueRecovery);
            }
        } finally {
            bankRecovery.close();
        }
    }

    private static void printInDoubt(String when, XAConnection bank, XAJMSContext queue)
            throws SQLException, XAException {
        System.out.println(
                when + " " + Teller.inDoubt(bank.getXAResource()) + " " + Teller.inDoubt(queue.getXAResource()));
    }

    private static void printTransfers(XAConnection bank) throws SQLException {
        try (Connection connection = bank.getConnection()) {
            System.out.println("SENT " + numbers(Bank.transfers(connection, "sent")));
            System.out.println("RECEIVED " + numbers(Bank.transfers(connection, "received")));
        }
    }

    private static String numbers(Map<Integer, Long> transfers) {
        return transfers.keySet().stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private void send(Narayana narayana) {
        try (Teller teller = new Teller(
                narayana.transactions(), bank, factory, Teller.Order.BANK_FIRST, (at, id) -> reached(true, at, id))) {
            Queue queue = teller.queue().createQueue(QUEUE);
            teller.run((account, context) -> sendOne(account, context, queue));
        } catch (Exception e) {
            throw new IllegalStateException("transfers can't be sent", e);
        }
    }

    private int sendOne(Connection account, XAJMSContext context, Queue queue) throws SQLException, JMSException {
        int id = Bank.lastSent(account) + 1;
        if (id > plan.transfers) {
            return Teller.Work.FINISHED;
        }
        long amount = amountOf(id);
        Bank.debit(account, id, amount);
        MapMessage message = context.createMapMessage();
        message.setInt("id", id);
        message.setLong("amount", amount);
        context.createProducer().send(queue, message);
        begin(true);
        return id;
    }

    /** In cents. */
    static long amountOf(int id) {
        return 100 + id * 37L % 900;
    }

    private void receive(Narayana narayana) {
        try (Teller teller = new Teller(
                narayana.transactions(), bank, factory, Teller.Order.QUEUE_FIRST, (at, id) -> reached(false, at, id))) {
            JMSConsumer consumer = teller.queue().createConsumer(teller.queue().createQueue(QUEUE));
            teller.run((account, context) -> receiveOne(account, consumer));
        } catch (Exception e) {
            throw new IllegalStateException("transfers can't be received", e);
        }
    }

    private int receiveOne(Connection account, JMSConsumer consumer) throws SQLException, JMSException {
        if (Bank.received(account) >= plan.transfers - plan.kept) {
            return Teller.Work.FINISHED;
        }
        MapMessage message = (MapMessage) consumer.receive(WAIT_MILLIS);
        if (message == null) {
            return Teller.Work.NOTHING;
        }
        int id = message.getInt("id");
        Bank.credit(account, id, message.getLong("amount"));
        System.out.println("RECEIVING " + id);
        begin(false);
        return id;
    }

    private void begin(boolean debit) {
        Kill kill = plan.kill;
        if (kill != null && kill.debit == debit) {
            begun.incrementAndGet();
        }
    }

    /** Asks to be killed if this is where, and waits for that: nothing is done after it. */
    private void reached(boolean debit, Moment moment, int transfer) {
        if (!new Kill(debit, moment).equals(plan.kill) || begun.get() <= BEFORE_KILL) {
            return;
        }
        System.out.println("AT " + transfer);
        try {
            new CountDownLatch(1).await(KILL_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("nobody has killed this program");
    }
}

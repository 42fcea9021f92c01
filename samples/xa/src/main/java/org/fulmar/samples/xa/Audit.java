package org.fulmar.samples.xa;

import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.QueueBrowser;
import jakarta.jms.XAConnectionFactory;
import jakarta.jms.XAJMSContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.XAConnection;
import javax.transaction.xa.XAException;

/** Looks where the money is, when nobody moves any. Transfers are by number, their amounts in cents. */
record Audit(
        long ours,
        long theirs,
        Map<Integer, Long> sent,
        Map<Integer, Long> received,
        Map<Integer, Long> queued,
        List<Integer> queuedTwice,
        int bankInDoubt,
        int queueInDoubt) {

    static Audit of(Bank bank, XAConnectionFactory factory) throws SQLException, JMSException, XAException {
        XAConnection database = bank.connect();
        try (XAJMSContext context = factory.createXAContext()) {
            int bankInDoubt = Teller.inDoubt(database.getXAResource());
            int queueInDoubt = Teller.inDoubt(context.getXAResource());
            Map<Integer, Long> queued = new TreeMap<>();
            List<Integer> queuedTwice = new ArrayList<>();
            try (QueueBrowser browser = context.createBrowser(context.createQueue(Transfers.QUEUE))) {
                Enumeration<?> messages = browser.getEnumeration();
                while (messages.hasMoreElements()) {
                    MapMessage message = (MapMessage) messages.nextElement();
                    if (queued.put(message.getInt("id"), message.getLong("amount")) != null) {
                        queuedTwice.add(message.getInt("id"));
                    }
                }
            }
            try (Connection connection = database.getConnection()) {
                return new Audit(
                        Bank.number(connection, "select balance from accounts where name = 'ours'"),
                        Bank.number(connection, "select balance from accounts where name = 'theirs'"),
                        Bank.transfers(connection, "sent"),
                        Bank.transfers(connection, "received"),
                        queued,
                        queuedTwice,
                        bankInDoubt,
                        queueInDoubt);
            }
        } finally {
            database.close();
        }
    }

    private static long sum(Map<Integer, Long> transfers) {
        return transfers.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What is wrong, a sentence each; none if all is as it has to be. */
    List<String> faults(int transfers, int kept) {
        List<String> faults = new ArrayList<>();
        if (ours + theirs + sum(queued) != Bank.MONEY) {
            faults.add("there are " + (ours + theirs + sum(queued)) + " cents instead of " + Bank.MONEY);
        }
        if (Bank.MONEY - ours != sum(sent) || theirs != sum(received)) {
            faults.add("the balances are not what the transfers make them");
        }
        for (int id = 1; id <= transfers; id++) {
            faults.addAll(faultsOf(id));
        }
        if (sent.size() != transfers || queued.size() != kept || received.size() != transfers - kept) {
            faults.add("transfers are missing or too many");
        }
        if (!queuedTwice.isEmpty()) {
            faults.add("transfers are in the queue twice: " + queuedTwice);
        }
        if (bankInDoubt + queueInDoubt > 0) {
            faults.add("branches are in doubt: " + bankInDoubt + " at the bank, " + queueInDoubt + " at the broker");
        }
        return faults;
    }

    private List<String> faultsOf(int id) {
        if (!sent.containsKey(id)) {
            return List.of("transfer " + id + " was not sent");
        }
        if (queued.containsKey(id) && received.containsKey(id)) {
            return List.of("transfer " + id + " is received, and in the queue as well");
        }
        Long there = queued.containsKey(id) ? queued.get(id) : received.get(id);
        if (there == null) {
            return List.of("transfer " + id + " is lost");
        }
        return there.equals(sent.get(id)) ? List.of() : List.of("transfer " + id + " has another amount");
    }

    void print() {
        System.out.printf("our account    %,12d%n", ours);
        System.out.printf("their account  %,12d  from %d transfers%n", theirs, received.size());
        System.out.printf("in the queue   %,12d  from %d transfers%n", sum(queued), queued.size());
        System.out.printf("sum            %,12d  of %,d at the beginning%n", ours + theirs + sum(queued), Bank.MONEY);
        System.out.printf("in doubt       %,12d  at the bank, %d at the broker%n", bankInDoubt, queueInDoubt);
    }
}

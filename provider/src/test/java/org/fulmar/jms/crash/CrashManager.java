package org.fulmar.jms.crash;

import jakarta.jms.JMSException;
import jakarta.jms.XASession;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.awaitility.Awaitility;

/**
 * The transaction manager: decides on branches that others have prepared, and ends what it finds in doubt by its log;
 * what is not there was not decided to be committed, and is rolled back. Over a connection of its own.
 *
 * <p>{@code OPEN port cell log options}; {@code COMMIT name} and {@code ROLLBACK name} are answered twice, when the
 * decision is forced and when the broker has carried it out; {@code DECIDE name commit} is not told the broker, which
 * will ask; {@code SCAN live,live} is answered with the number of branches that it has found and ended. The live ones are
 * those that a client is still at work on.
 */
final class CrashManager {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private String cell = "";
    private Connected connected;
    private DecisionLog decisions;
    private HalfProducer producer;
    private XASession session;

    private CrashManager() {}

    public static void main(String[] args) throws IOException {
        Told.obey(new CrashManager()::run);
    }

    private void run(String[] words) throws Exception {
        switch (words[0]) {
            case "OPEN" -> open(Integer.parseInt(words[1]), words[2], Path.of(words[3]), words[4]);
            case "COMMIT" -> end(words[1], true);
            case "ROLLBACK" -> end(words[1], false);
            case "DECIDE" -> {
                decide(words[1], Boolean.parseBoolean(words[2]));
                Told.say("DECIDED " + words[1]);
            }
            case "SCAN" -> Told.say("SCANNED " + scan(Arrays.asList(words[1].split(","))));
            case "CLOSE" -> {
                connected.close();
                producer.close();
                decisions.close();
                Told.say("CLOSED");
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private void open(int port, String theCell, Path log, String options) throws IOException, JMSException {
        cell = theCell;
        decisions = new DecisionLog(log);
        connected = new Connected(port, options);
        session = connected.connection().createXASession();
        producer = new HalfProducer(port, cell, this::decision);
        Told.say("OPENED");
    }

    private Boolean decision(String transaction) {
        synchronized (decisions) {
            return decisions.decision(transaction);
        }
    }

    private void decide(String transaction, boolean commit) throws IOException {
        synchronized (decisions) {
            decisions.decide(transaction, commit);
        }
    }

    private void end(String transaction, boolean commit) throws IOException {
        if (commit) {
            decide(transaction, true);
        }
        Told.say("DECIDED " + transaction);
        untilAnswered(resource -> {
            carryOut(resource, new BranchId(cell, transaction), commit);
            return 0;
        });
        Told.say("ENDED " + transaction);
    }

    /** A branch that is not there any more was ended before, by a call whose answer was lost. */
    private static void carryOut(XAResource resource, BranchId branch, boolean commit) throws XAException {
        try {
            if (commit) {
                resource.commit(branch, false);
            } else {
                resource.rollback(branch);
            }
        } catch (XAException e) {
            if (e.errorCode != XAException.XAER_NOTA) {
                throw e;
            }
            System.out.println(branch + " is gone");
        }
    }

    private int scan(List<String> live) {
        return untilAnswered(resource -> {
            int found = 0;
            for (Xid xid : resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN)) {
                BranchId branch = BranchId.of(xid, cell).orElse(null);
                if (branch != null && !live.contains(branch.transaction())) {
                    found++;
                    carryOut(resource, branch, Boolean.TRUE.equals(decision(branch.transaction())));
                }
            }
            return found;
        });
    }

    /** What is asked of the broker. */
    private interface Question {
        int ask(XAResource resource) throws XAException;
    }

    /** Asks again, over another connection, until the resource manager does not fail. */
    private int untilAnswered(Question question) {
        AtomicInteger answer = new AtomicInteger();
        AtomicBoolean failed = new AtomicBoolean();
        Awaitility.await("answer of the resource manager")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    if (failed.getAndSet(false)) {
                        connected.reopen();
                        session = connected.connection().createXASession();
                    }
                    try {
                        answer.set(question.ask(session.getXAResource()));
                        return true;
                    } catch (XAException e) {
                        if (e.errorCode != XAException.XAER_RMFAIL) {
                            throw e;
                        }
                        System.out.println("the resource manager fails: " + e);
                        failed.set(true);
                        return false;
                    }
                });
        return answer.get();
    }
}

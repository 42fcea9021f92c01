package org.fulmar.jms.crash;

import jakarta.jms.JMSException;
import java.io.IOException;
import org.fulmar.jms.crash.Work.Outcome;

/**
 * The application: moves messages in transactions, and tells of each message that it is handed, before it does anything
 * with it.
 *
 * <p>{@code OPEN port cell options} connects it, {@code RUN work} is answered with {@code RAN name outcome}, {@code CLOSE}
 * ends what it has open. Prepared branches are its manager's.
 */
final class CrashClient {
    private String cell = "";
    private boolean reconnects;
    private Connected connected;
    private HalfProducer producer;

    private CrashClient() {}

    public static void main(String[] args) throws IOException {
        Told.obey(new CrashClient()::run);
    }

    private void run(String[] words) throws Exception {
        switch (words[0]) {
            case "OPEN" -> {
                cell = words[2];
                reconnects = words[3].contains("reconnect=true");
                int port = Integer.parseInt(words[1]);
                connected = new Connected(port, words[3] + "&clientId=" + Places.clientId(cell));
                producer = new HalfProducer(port, cell, transaction -> null);
                Told.say("OPENED");
            }
            case "RUN" -> run(Work.parse(words[1], words[2], words[3], words[4], words[5]));
            case "CLOSE" -> {
                connected.close();
                producer.close();
                Told.say("CLOSED");
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private void run(Work work) throws Exception {
        Outcome outcome;
        if (work.kind() == Work.Kind.HALF) {
            outcome = producer.send(work);
        } else {
            outcome = move(work);
        }
        Told.say("RAN " + work.name() + " " + outcome);
    }

    private Outcome move(Work work) {
        Outcome outcome = Outcome.UNKNOWN;
        try (Mover mover = Mover.of(connected.connection(), cell, work)) {
            outcome = mover.move();
        } catch (JMSException e) {
            // nothing has begun; or it is over, and its session's close fails
            System.out.println(work.name() + ": " + e);
        }
        if (outcome == Outcome.UNKNOWN || outcome == Outcome.ROLLED_BACK && !reconnects) {
            connected.reopen();
        }
        return outcome;
    }
}

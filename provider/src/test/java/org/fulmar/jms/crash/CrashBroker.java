package org.fulmar.jms.crash;

import java.io.IOException;
import java.nio.file.Path;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.protocol.config.Options;

/**
 * A broker in a process of its own that can be held at a point of a transaction.
 *
 * <p>{@code START} starts it. {@code ARM POINT n} has it stop at the n-th passing of a point from now on, with the answer
 * {@code AT POINT}, until {@code GO}. What its core has not done by then is not done while it is held, so that whoever is
 * killed meanwhile is killed at that point.
 */
final class CrashBroker {
    private CrashBroker() {}

    public static void main(String[] args) throws IOException {
        BrokerConfig config = BrokerConfig.of(Options.read(Path.of(args[0])));
        Gate gate = new Gate();
        Broker broker = new Broker(config, new NioDisk(), System::currentTimeMillis, false, gate);
        Told.obey(words -> {
            switch (words[0]) {
                case "START" -> {
                    broker.start();
                    Told.say("READY");
                }
                case "ARM" -> {
                    gate.arm(Probe.Point.valueOf(words[1]), Integer.parseInt(words[2]));
                    Told.say("ARMED");
                }
                case "GO" -> gate.open();
                default -> throw new IllegalArgumentException(words[0]);
            }
        });
    }

    /** Holds the core at the armed point. */
    private static final class Gate implements Probe {
        private Point armed;
        private int left;
        private boolean closed;

        synchronized void arm(Point point, int passing) {
            armed = point;
            left = passing;
        }

        synchronized void open() {
            closed = false;
            notifyAll();
        }

        @Override
        public synchronized void at(Point point) {
            if (point != armed || --left > 0) {
                return;
            }
            armed = null;
            closed = true;
            Told.say("AT " + point);
            while (closed) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    throw new IllegalStateException("held at " + point, e);
                }
            }
        }
    }
}

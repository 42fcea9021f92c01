package org.fulmar.broker.transaction.model;

import static org.fulmar.broker.transaction.model.Ledger.require;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.broker.transaction.model.Actor.Line;
import org.fulmar.broker.transaction.model.Actor.Mode;
import org.fulmar.broker.transaction.model.Actor.Receiver;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.broker.transaction.model.Work.State;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.transport.RemotingClient;

/**
 * One random life: eight sessions work on a broker whose machine dies now and then, and whose connections are cut. The
 * driver's thread alone does all of it; requests of different sessions are under way at the same time.
 */
final class Run implements AutoCloseable {
    private static final int SESSIONS = 8;
    private static final int LINES = 5;
    private static final int STEPS = 220;
    private static final int TRACE = 400;

    private final Random random;
    private final Machine machine;
    private final Wire wire;
    private final Ledger ledger = new Ledger();
    private final SessionSteps session;
    private final BranchSteps branches;
    private final List<Line> lines = new ArrayList<>();
    private final List<Actor> actors = new ArrayList<>();
    private final List<String> trace = new ArrayList<>();
    private int deaths;
    private int cuts;

    Run(long seed, RemotingClient client) {
        // neighbouring seeds begin alike
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        boolean power = random.nextInt(4) == 0;
        Map<String, String> options = new TreeMap<>();
        options.put("mappedFileSizeCommitLog", Integer.toString(64 << 10 << random.nextInt(4)));
        options.put("maxMessageSize", "16384");
        options.put("checkpointIntervalMillis", "50");
        options.put("maxRedeliveries", "-1");
        options.put("messageIndexEnable", "false");
        options.put("flushDiskType", power || random.nextInt(3) > 0 ? "SYNC_FLUSH" : "ASYNC_FLUSH");
        this.machine = new Machine(options, power, random.nextLong());
        this.wire = new Wire(client, machine, this::delivered);
        this.session = new SessionSteps(random, machine, wire, ledger, this::log);
        this.branches = new BranchSteps(random, machine, wire, ledger, this::log);
    }

    Ledger ledger() {
        return ledger;
    }

    int deaths() {
        return deaths;
    }

    int cuts() {
        return cuts;
    }

    int calls() {
        return wire.calls();
    }

    String trace() {
        return String.join("\n", trace);
    }

    private void log(String what) {
        if (trace.size() == TRACE) {
            trace.remove(0);
        }
        trace.add(what);
    }

    private void delivered(Link link, Deliver deliver) {
        for (Line line : lines) {
            if (line.link != link) {
                continue;
            }
            for (Actor actor : line.actors) {
                Receiver receiver = actor.receiver(deliver.consumerId());
                if (receiver != null) {
                    actor.delivered(ledger, receiver, deliver, machine.now());
                }
            }
        }
    }

    // ---- connections

    private boolean connect(Line line) {
        Link link = wire.open(line.instance);
        if (link != null) {
            line.link = link;
            wire.await(wire.call(link, JmsCode.START, out -> {}));
        }
        return !machine.isDead();
    }

    /** A connection is lost; another one takes its place. */
    private void cut(Line line) {
        cuts++;
        log("cut " + line.instance);
        wire.cut(line.link);
        forget(line);
        connect(line);
    }

    private void forget(Line line) {
        line.temporary.forEach(ledger::gone);
        line.temporary.clear();
        line.actors.forEach(session::lost);
    }

    /** The machine has died, or is stopped: it comes back, and all connections are made again. */
    private void revive() throws IOException, InterruptedException {
        boolean down = true;
        while (down) {
            wire.cutAll(lines.stream().map(line -> line.link).toList());
            lines.forEach(this::forget);
            boolean died = machine.isDead();
            deaths += died ? 1 : 0;
            if (died && machine.losesPower()) {
                ledger.powerLost();
            }
            log(died ? "died" : "stopped");
            machine.restart();
            down = false;
            for (Line line : lines) {
                down |= !connect(line);
            }
            if (!down && machine.losesPower()) {
                session.resolveUndone(lines.get(0).link);
                branches.list(lines.get(0).link);
                down = machine.isDead();
            }
        }
    }

    // ---- a life

    void run() throws IOException, InterruptedException {
        machine.start();
        for (int i = 0; i < LINES; i++) {
            Link link = wire.open("line" + i);
            Line line = new Line("line" + i, java.util.Objects.requireNonNull(link));
            wire.await(wire.call(link, JmsCode.START, out -> {}));
            lines.add(line);
        }
        for (int i = 0; i < SESSIONS; i++) {
            Mode mode = i < 4 ? Mode.LOCAL : i < 7 ? Mode.XA : Mode.AUTO;
            actors.add(new Actor(i, mode, lines.get(random.nextInt(LINES)), wire, random.nextLong()));
        }
        // the subscription is there before anything is sent
        Receiver first = session.open(actors.get(0), Actor.TOPIC);
        require(first != null, "no subscription");
        // whoever asks for branches in doubt is answered when all before is forced
        branches.list(lines.get(0).link);
        int steps = STEPS / 2 + random.nextInt(STEPS);
        for (int step = 0; step < steps; step++) {
            wire.pump();
            if (machine.isDead()) {
                revive();
            }
            step();
        }
        end();
    }

    private void step() throws IOException, InterruptedException {
        int dice = random.nextInt(200);
        if (dice < 140) {
            session.act(actors.get(random.nextInt(SESSIONS)));
        } else if (dice < 160) {
            branches.act(anyLink());
        } else if (dice < 166) {
            branches.list(anyLink());
        } else if (dice < 176) {
            machine.advance(random.nextInt(2000));
        } else if (dice < 181) {
            cut(lines.get(random.nextInt(LINES)));
        } else if (dice < 185) {
            machine.dieAtOperation(1 + random.nextInt(100));
        } else if (dice < 188) {
            Probe.Point[] points = Probe.Point.values();
            machine.dieAtPoint(points[random.nextInt(points.length)], 1 + random.nextInt(5));
        } else if (dice < 189) {
            machine.die();
        } else if (dice < 190) {
            stop();
            revive();
        } else {
            actors.forEach(actor -> {
                if (actor.call != null) {
                    wire.await(actor.call);
                }
            });
        }
    }

    private void stop() throws InterruptedException {
        try {
            machine.stop();
        } catch (IOException e) {
            require(machine.isDead(), "the broker can't be stopped: %s", e);
        }
    }

    private Link anyLink() {
        return lines.get(random.nextInt(LINES)).link;
    }

    /** Finishes whatever was begun, and looks at what is left. */
    private void end() throws IOException, InterruptedException {
        machine.dieAtOperation(0);
        machine.dieAtPoint(Probe.Point.RECOVER, 0);
        boolean done = false;
        while (!done) {
            if (machine.isDead()) {
                revive();
            }
            log("end");
            done = actors.stream().allMatch(session::finish) && branches.finish(anyLink()) && !machine.isDead();
        }
        for (Work work : ledger.works()) {
            boolean doubtful = work.kind == Work.Kind.SEND || work.kind == Work.Kind.ACKNOWLEDGE;
            require(work.isEnded() || doubtful && work.state() == State.COMMIT_UNKNOWN, "%s has not ended", work);
        }
        machine.advance(100_000);
        lines.forEach(line -> line.temporary.forEach(ledger::gone));
        Link link = java.util.Objects.requireNonNull(wire.open("auditor"));
        Line line = new Line("auditor", link);
        lines.add(line);
        wire.await(wire.call(link, JmsCode.START, out -> {}));
        new Audit(ledger, wire, machine, line).run(session.destinations());
    }

    @Override
    public void close() throws InterruptedException {
        lines.forEach(line -> wire.cut(line.link));
        machine.close();
    }
}

package org.fulmar.broker.transaction.model;

import static org.fulmar.broker.transaction.model.Ledger.require;

import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.broker.transaction.model.Work.Kind;
import org.fulmar.broker.transaction.model.Work.State;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.jspecify.annotations.Nullable;

/** What transaction managers and administrators do, at random: decide prepared branches, list them, forget them. */
final class BranchSteps {
    private final Random random;
    private final Machine machine;
    private final Wire wire;
    private final Ledger ledger;
    private final Consumer<String> log;
    private int heuristics;

    BranchSteps(Random random, Machine machine, Wire wire, Ledger ledger, Consumer<String> log) {
        this.random = random;
        this.machine = machine;
        this.wire = wire;
        this.ledger = ledger;
        this.log = log;
    }

    /** Ends by administrators. */
    int heuristics() {
        return heuristics;
    }

    void act(Link link) {
        List<Work> open = undecided();
        if (open.isEmpty()) {
            return;
        }
        Work branch = open.get(random.nextInt(open.size()));
        if (branch.state() == State.PREPARED && random.nextInt(5) == 0) {
            administer(link, branch, random.nextBoolean());
        } else {
            goOn(link, branch);
        }
    }

    /** Branches that are prepared, or decided by an administrator, and for which nobody asks now. */
    private List<Work> undecided() {
        return ledger.works().stream()
                .filter(work -> work.kind == Kind.BRANCH && !work.asked)
                .filter(work -> switch (work.state()) {
                    case OPEN, COMMIT_UNKNOWN, PREPARE_UNKNOWN, COMMITTED, ROLLED_BACK -> false;
                    default -> true;
                })
                .toList();
    }

    /** Does what is to be done next with a branch. */
    private @Nullable Call goOn(Link link, Work branch) {
        return switch (branch.state()) {
            case PREPARED -> decide(link, branch, random.nextBoolean());
            case DECIDE_COMMIT_UNKNOWN -> decide(link, branch, true);
            case DECIDE_ROLLBACK_UNKNOWN -> decide(link, branch, false);
            case ADMIN_COMMIT_UNKNOWN -> administer(link, branch, true);
            case ADMIN_ROLLBACK_UNKNOWN -> administer(link, branch, false);
            case HEURISTIC_COMMITTED, HEURISTIC_ROLLED_BACK ->
                random.nextBoolean() ? decideInVain(link, branch) : forget(link, branch);
            case FORGET_COMMITTED_UNKNOWN, FORGET_ROLLED_BACK_UNKNOWN -> forget(link, branch);
            default -> null;
        };
    }

    private Call decide(Link link, Work branch, boolean commit) {
        boolean again = branch.state() != State.PREPARED;
        State unknown = commit ? State.DECIDE_COMMIT_UNKNOWN : State.DECIDE_ROLLBACK_UNKNOWN;
        branch.state(unknown);
        branch.asked = true;
        long asked = ledger.event();
        branch.asked0 = commit ? Math.min(branch.asked0, asked) : branch.asked0;
        log.accept("decides " + branch);
        Call deciding =
                wire.call(link, JmsCode.TRANSACTION_DECIDE, new TransactionDecision(branch.xid(), commit)::encode);
        deciding.then = call -> {
            branch.asked = false;
            if (call.lost) {
                return;
            }
            boolean before = again && call.answer == ResponseCode.JMS_TRANSACTION_UNKNOWN;
            require(call.succeeded() || before, "%s: %s", branch, call);
            log.accept("decided " + branch);
            if (commit) {
                ledger.known(branch, State.COMMITTED);
                ledger.forced(asked);
            } else {
                ledger.known(branch, State.ROLLED_BACK);
                branch.free = true;
            }
        };
        return deciding;
    }

    private Call administer(Link link, Work branch, boolean commit) {
        boolean again = branch.state() != State.PREPARED;
        branch.state(commit ? State.ADMIN_COMMIT_UNKNOWN : State.ADMIN_ROLLBACK_UNKNOWN);
        branch.asked = true;
        branch.heuristic = true;
        heuristics++;
        long asked = ledger.event();
        branch.asked0 = commit ? Math.min(branch.asked0, asked) : branch.asked0;
        log.accept("administrator decides " + branch);
        Call deciding = wire.call(
                link,
                JmsCode.ADMIN_END_TRANSACTION,
                Map.of("xid", branch.xid().text(), "commit", Boolean.toString(commit)));
        deciding.then = call -> {
            branch.asked = false;
            if (call.lost) {
                return;
            }
            boolean before = again && call.answer == ResponseCode.JMS_TRANSACTION_STATE;
            require(call.succeeded() || before, "%s: %s", branch, call);
            ledger.known(branch, commit ? State.HEURISTIC_COMMITTED : State.HEURISTIC_ROLLED_BACK);
            if (before) {
                // the copies may still be under way
                branch.whole = Long.MAX_VALUE;
            } else if (commit) {
                ledger.forced(asked);
            }
        };
        return deciding;
    }

    /** The transaction manager's decision comes too late. */
    private Call decideInVain(Link link, Work branch) {
        int expected = branch.isCommitted() ? ResponseCode.JMS_HEURISTIC_COMMIT : ResponseCode.JMS_HEURISTIC_ROLLBACK;
        branch.asked = true;
        Call deciding = wire.call(
                link, JmsCode.TRANSACTION_DECIDE, new TransactionDecision(branch.xid(), random.nextBoolean())::encode);
        deciding.then = call -> {
            branch.asked = false;
            require(call.lost || call.answer == expected, "%s: %s", branch, call);
        };
        return deciding;
    }

    private Call forget(Link link, Work branch) {
        boolean commit = branch.isCommitted();
        boolean again = branch.state() != State.HEURISTIC_COMMITTED && branch.state() != State.HEURISTIC_ROLLED_BACK;
        State decided = commit ? State.HEURISTIC_COMMITTED : State.HEURISTIC_ROLLED_BACK;
        State unknown = commit ? State.FORGET_COMMITTED_UNKNOWN : State.FORGET_ROLLED_BACK_UNKNOWN;
        branch.state(unknown);
        branch.asked = true;
        log.accept("forgets " + branch);
        Call forgetting = wire.call(link, JmsCode.TRANSACTION_FORGET, branch.id::encode);
        forgetting.then = call -> {
            branch.asked = false;
            if (call.lost) {
                return;
            }
            if (commit && call.answer == ResponseCode.JMS_TRANSACTION_STATE) {
                // its copies are still under way
                branch.state(decided);
                return;
            }
            boolean before = again && call.answer == ResponseCode.JMS_TRANSACTION_UNKNOWN;
            require(call.succeeded() || before, "%s: %s", branch, call);
            ledger.known(branch, commit ? State.COMMITTED : State.ROLLED_BACK, unknown);
        };
        return forgetting;
    }

    /** Asks for the branches in doubt, and compares them with what is known; null if the connection is lost meanwhile. */
    @Nullable Set<BranchXid> list(Link link) {
        List<Work> settled = ledger.settledBranches();
        Call asking = wire.call(link, JmsCode.TRANSACTION_RECOVER, new TransactionRecovery(0)::encode);
        wire.await(asking);
        if (!asking.done || asking.lost) {
            return null;
        }
        require(asking.succeeded(), "%s", asking);
        Set<BranchXid> listed = new HashSet<>();
        TransactionRecovery.Reply.decode(Unpooled.wrappedBuffer(asking.body))
                .branches()
                .forEach(branch -> listed.add(branch.xid()));
        log.accept("in doubt: " + listed);
        ledger.listed(listed, settled);
        return listed;
    }

    /** Decides and forgets all of them; whether none is left. */
    boolean finish(Link link) {
        while (!machine.isDead()) {
            // a branch whose copies are under way is in doubt no more, but not yet answered
            wire.awaitAll();
            Set<BranchXid> listed = list(link);
            if (listed != null && listed.isEmpty() && undecided().isEmpty()) {
                return true;
            }
            for (Work branch : undecided()) {
                Call call = goOn(link, branch);
                if (call != null) {
                    wire.await(call);
                }
            }
        }
        return false;
    }
}

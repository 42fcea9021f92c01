package org.fulmar.broker.transaction.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A broker that dies while it starts, at any operation of its disk, finds everything the next time. */
@Timeout(180)
class DeathAtStartTest {
    private static final int OPERATIONS = 60;

    @Test
    void aPreparedBranchIsThereAfterAStartThatDiedAtAnyOperation() throws Exception {
        for (boolean power : new boolean[] {false, true}) {
            for (int operation = 1; operation <= OPERATIONS; operation++) {
                try (Quiet quiet = new Quiet();
                        RemotingClient client =
                                new RemotingClient("start", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
                        Machine machine = new Machine(
                                Map.of(
                                        "mappedFileSizeCommitLog",
                                        Integer.toString(64 << 10),
                                        "maxMessageSize",
                                        "16384"),
                                power,
                                operation)) {
                    dieAt(machine, new Wire(client, machine, (link, deliver) -> {}), operation);
                }
            }
        }
    }

    private static void dieAt(Machine machine, Wire wire, int operation) throws Exception {
        machine.start();
        Link link = Objects.requireNonNull(wire.open("me"));
        int handle = Actor.handle(wire, link, "q");
        BranchXid xid = new BranchXid(1, new byte[] {1}, new byte[0]);
        // one message waits for its time, so that there are timers to be found
        TransactionPart.Outgoing message = new TransactionPart.Outgoing(
                new SendOperation.Envelope(handle, machine.now() + 60_000, 0, 0),
                JmsFlag.MARK | 4,
                0,
                new byte[0],
                Actor.body(1, 20));
        TransactionId id = new TransactionId(xid, 7, 1);
        Call prepared = wire.call(
                link,
                JmsCode.TRANSACTION_PREPARE,
                out -> TransactionPart.encode(out, id, 0, true, List.of(), List.of(message)));
        wire.await(prepared);
        assertThat(prepared.succeeded()).isTrue();
        machine.die();
        wire.cutAll(List.of(link));
        machine.dieAtOperation(operation);
        machine.restart();
        Link again = wire.open("me");
        while (again == null) {
            machine.restart();
            again = wire.open("me");
        }
        Call asking = wire.call(again, JmsCode.TRANSACTION_RECOVER, new TransactionRecovery(0)::encode);
        wire.await(asking);
        if (!machine.isDead()) {
            assertThat(TransactionRecovery.Reply.decode(Unpooled.wrappedBuffer(asking.body))
                            .branches())
                    .as("operation %d", operation)
                    .extracting(TransactionRecovery.InDoubt::xid)
                    .containsExactly(xid);
        }
        wire.cut(again);
    }
}

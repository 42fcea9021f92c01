package org.fulmar.broker.transaction.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.fulmar.broker.Patience;
import org.fulmar.broker.transaction.Probe.Point;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions that come in many parts, and parts that are refused, on a broker that may die. */
@Timeout(300)
class LargeTransactionTest {
    private static final int PARTS = 100;
    private static final int PER_PART = 1000;
    private static final int MESSAGES = PARTS * PER_PART;
    /** The re-appending passes its point in each turn but the first, and copies up to 512 messages in one. */
    private static final int A_THIRD_OF_THE_TURNS = MESSAGES / 512 / 3;

    private static final String QUEUE = "q";

    private final Quiet quiet = new Quiet();
    private final Machine machine = new Machine(
            Map.of(
                    "mappedFileSizeCommitLog", Integer.toString(16 << 20),
                    "checkpointIntervalMillis", "50",
                    "messageIndexEnable", "false"),
            false,
            1);
    private final RemotingClient client = new RemotingClient("large", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final List<Deliver.Message> came = new ArrayList<>();
    private final Wire wire = new Wire(client, machine, (link, deliver) -> came.addAll(deliver.messages()));
    private Link link;

    @BeforeEach
    void start() throws Exception {
        machine.start();
        connect();
    }

    @AfterEach
    void stop() throws Exception {
        wire.cut(link);
        machine.close();
        client.close();
        quiet.close();
    }

    private void connect() {
        link = Objects.requireNonNull(wire.open("me"));
        wire.await(wire.call(link, JmsCode.START, out -> {}));
    }

    private void comeBack() throws Exception {
        wire.cutAll(List.of(link));
        machine.restart();
        connect();
    }

    private Call done(Call call) {
        wire.await(call);
        return call;
    }

    private static TransactionPart.Outgoing message(int handle, long number) {
        return new TransactionPart.Outgoing(
                SendOperation.Envelope.to(handle), JmsFlag.MARK | 4, 0, new byte[0], Actor.body(number, 40));
    }

    /** Sends all parts, with those of another transaction between them; the id of the large one. */
    private TransactionId parts() {
        int handle = Actor.handle(wire, link, QUEUE);
        TransactionId id = new TransactionId(null, 7, 1);
        TransactionId other = new TransactionId(null, 8, 1);
        Call last = null;
        for (int part = 0; part < PARTS; part++) {
            List<TransactionPart.Outgoing> messages = new ArrayList<>();
            for (int i = 0; i < PER_PART; i++) {
                messages.add(message(handle, (long) part * PER_PART + i));
            }
            int before = part;
            List<TransactionPart.Outgoing> others = List.of(message(handle, -1));
            wire.call(
                    link,
                    JmsCode.TRANSACTION_ADD,
                    out -> TransactionPart.encode(out, other, before, false, List.of(), others));
            last = wire.call(
                    link,
                    JmsCode.TRANSACTION_ADD,
                    out -> TransactionPart.encode(out, id, before, false, List.of(), messages));
        }
        assertThat(done(Objects.requireNonNull(last)).succeeded()).isTrue();
        return id;
    }

    private Call end(int code, TransactionId id, int before, List<Acknowledge.Range> ranges) {
        return wire.call(link, code, out -> TransactionPart.encode(out, id, before, true, ranges, List.of()));
    }

    private void consume(int consumerId, int credit) {
        int handle = Actor.handle(wire, link, QUEUE);
        CreateConsumer create = new CreateConsumer(
                consumerId, 1, handle, CreateConsumer.Kind.QUEUE, null, null, false, List.of(), credit);
        assertThat(done(wire.call(link, JmsCode.CREATE_CONSUMER, create::encode))
                        .succeeded())
                .isTrue();
        drain(consumerId);
    }

    private void drain(int consumerId) {
        done(wire.call(link, JmsCode.DRAIN, new Credit(consumerId, 0, false)::encode));
    }

    private static long number(Deliver.Message message) {
        MessageRecord record = MessageRecord.wrap(ByteBuffer.wrap(message.record()), 0, message.record().length);
        return Objects.requireNonNull(record).body().getLong(0);
    }

    private void assertAllCame(int consumerId) {
        // a connection that takes no more for now is sent the rest behind the answer
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Patience.SECONDS);
        while (came.size() < MESSAGES && System.nanoTime() < deadline) {
            drain(consumerId);
        }
        drain(consumerId);
        assertThat(came).hasSize(MESSAGES);
        for (int i = 0; i < MESSAGES; i++) {
            if (number(came.get(i)) != i) {
                throw new AssertionError("message " + number(came.get(i)) + " came in place of " + i);
            }
        }
    }

    @Test
    void aTransactionOfAHundredThousandMessagesIsRememberedByItsPartsAlone() {
        TransactionId id = parts();
        Path file = Path.of("/store/config/jmsTransactions.json");
        byte[] saved = Awaitility.await()
                .until(
                        () -> machine.disk().read(file),
                        bytes -> bytes != null
                                && new String(bytes, StandardCharsets.UTF_8).contains("\"messages\":" + MESSAGES));
        JsonNode transactions = JsonBody.parse(saved).path("transactions");
        int ranges = 0;
        for (JsonNode transaction : transactions) {
            if (transaction.path("messages").asInt() == MESSAGES) {
                ranges = transaction.path("halves").size() / 3;
            }
        }
        assertThat(ranges).isBetween(2, PARTS + 20);
        consume(1, MESSAGES);
        assertThat(came).isEmpty();
        assertThat(done(end(JmsCode.TRANSACTION_ROLLBACK, id, PARTS, List.of())).succeeded())
                .isTrue();
        drain(1);
        assertThat(came).as("of what was rolled back").isEmpty();
    }

    @Test
    void aLargeCommitIsWholeOverAKillInTheMiddleAndARepeatedOneWaitsForAllOfIt() throws Exception {
        TransactionId id = parts();
        machine.dieAtPoint(Point.RE_APPEND, A_THIRD_OF_THE_TURNS);
        Call commit = done(end(JmsCode.TRANSACTION_COMMIT, id, PARTS, List.of()));
        assertThat(commit.done).as("answered before it died").isFalse();
        // it goes on as soon as it is there again, and dies of that
        wire.cutAll(List.of(link));
        machine.dieAtPoint(Point.RE_APPEND, A_THIRD_OF_THE_TURNS);
        machine.restart();
        Awaitility.await().until(machine::isDead);
        comeBack();
        Call again = done(end(JmsCode.TRANSACTION_COMMIT, id, PARTS, List.of()));
        assertThat(again.succeeded()).as("%s", again).isTrue();
        // all of it is there when the answer is
        consume(1, MESSAGES + 1);
        assertAllCame(1);
    }

    @Test
    void aRepeatedCommitIsNotAnsweredBeforeTheFirstIs() {
        TransactionId id = parts();
        // the decision still finds room, but not all copies do
        machine.disk().roomLeft(0);
        List<Call> commits = List.of(
                end(JmsCode.TRANSACTION_COMMIT, id, PARTS, List.of()),
                end(JmsCode.TRANSACTION_COMMIT, id, PARTS, List.of()));
        TransactionId branch = new TransactionId(new BranchXid(1, new byte[] {1}, new byte[0]), 9, 1);
        Call prepared = done(end(JmsCode.TRANSACTION_PREPARE, branch, 0, List.of()));
        assertThat(prepared.succeeded()).as("%s", prepared).isTrue();
        assertThat(commits).noneMatch(call -> call.done);
        machine.disk().roomLeft(-1);
        machine.advance(1000);
        commits.forEach(
                commit -> assertThat(done(commit).succeeded()).as("%s", commit).isTrue());
        consume(1, MESSAGES);
        assertAllCame(1);
    }

    @Test
    void aLargeTransactionOfAConnectionThatIsLostIsRolledBackWhole() throws Exception {
        TransactionId id = parts();
        wire.cut(link);
        connect();
        Call commit = done(end(JmsCode.TRANSACTION_COMMIT, id, PARTS, List.of()));
        assertThat(commit.answer).isEqualTo(ResponseCode.JMS_TRANSACTION_ROLLED_BACK);
        machine.die();
        comeBack();
        consume(1, MESSAGES);
        assertThat(came).isEmpty();
    }

    @Test
    void whoWaitsForALargeCommitIsToldWhenTheDiskFails() throws Exception {
        TransactionId id = parts();
        machine.dieAtPoint(Point.RE_APPEND, 2);
        var body = link.connection.buffer(256);
        TransactionPart.encode(body, id, PARTS, true, List.of(), List.of());
        Frame answer = link.connection
                .request(Frame.request(JmsCode.TRANSACTION_COMMIT, body), 60_000)
                .get(Patience.SECONDS, TimeUnit.SECONDS);
        assertThat(answer.code()).isEqualTo(ResponseCode.SERVICE_NOT_AVAILABLE);
        answer.release();
    }

    @Test
    void whoAsksForABranchIsNotToldThatItIsDoneBeforeThatIsDurable() {
        int handle = Actor.handle(wire, link, QUEUE);
        TransactionId id = new TransactionId(new BranchXid(1, new byte[] {1}, new byte[0]), 7, 1);
        Call prepared = done(wire.call(
                link,
                JmsCode.TRANSACTION_PREPARE,
                out -> TransactionPart.encode(out, id, 0, true, List.of(), List.of(message(handle, 1)))));
        assertThat(prepared.succeeded()).isTrue();
        machine.holdForces();
        TransactionDecision commit = new TransactionDecision(Objects.requireNonNull(id.xid()), true);
        List<Call> asked = List.of(
                wire.call(link, JmsCode.TRANSACTION_DECIDE, commit::encode),
                wire.call(link, JmsCode.TRANSACTION_DECIDE, commit::encode),
                wire.call(link, JmsCode.TRANSACTION_RECOVER, new TransactionRecovery(0)::encode));
        // what waits for nothing is answered behind them
        TransactionId unknown = new TransactionId(null, 9, 9);
        assertThat(done(wire.call(link, JmsCode.TRANSACTION_OUTCOME, unknown::encode))
                        .succeeded())
                .isTrue();
        assertThat(asked).noneMatch(call -> call.done);
        machine.releaseForces();
        asked.forEach(this::done);
        assertThat(asked.get(0).succeeded()).isTrue();
        assertThat(asked.get(1).answer).isEqualTo(ResponseCode.JMS_TRANSACTION_UNKNOWN);
        assertThat(TransactionRecovery.Reply.decode(Unpooled.wrappedBuffer(asked.get(2).body))
                        .branches())
                .isEmpty();
    }

    @Test
    void aRefusedCommitGivesBackWhatItAcknowledges() {
        int handle = Actor.handle(wire, link, QUEUE);
        TransactionId first = new TransactionId(null, 7, 1);
        assertThat(done(wire.call(
                                link,
                                JmsCode.TRANSACTION_COMMIT,
                                out -> TransactionPart.encode(
                                        out, first, 0, true, List.of(), List.of(message(handle, 5)))))
                        .succeeded())
                .isTrue();
        consume(1, 10);
        assertThat(came).hasSize(1);
        List<Acknowledge.Range> range = List.of(new Acknowledge.Range(1, 0, 0, 1));
        TransactionId second = new TransactionId(null, 7, 2);
        Call refused = done(wire.call(
                link,
                JmsCode.TRANSACTION_COMMIT,
                out -> TransactionPart.encode(out, second, 0, true, range, List.of(message(999, 6)))));
        assertThat(refused.answer).isEqualTo(ResponseCode.JMS_INVALID_DESTINATION);
        drain(1);
        assertThat(came).hasSize(2);
        assertThat(came.get(1).deliveryCount()).isEqualTo(2);
        Call committed = done(end(JmsCode.TRANSACTION_COMMIT, new TransactionId(null, 7, 3), 0, range));
        assertThat(committed.succeeded()).as("%s", committed).isTrue();
    }

    @Test
    void whatBrokersSayOfARecordNoClientCanSay() throws Exception {
        int handle = Actor.handle(wire, link, QUEUE);
        for (int i = 0; i < 2; i++) {
            long number = i;
            assertThat(done(wire.call(
                                    link,
                                    JmsCode.SEND,
                                    out -> SendOperation.encode(
                                            out,
                                            SendOperation.Envelope.to(handle),
                                            JmsFlag.MARK | 4,
                                            SysFlag.OF_BROKERS,
                                            0,
                                            new byte[0],
                                            Actor.body(number, 9))))
                            .succeeded())
                    .isTrue();
        }
        machine.die();
        comeBack();
        consume(1, 10);
        assertThat(came).hasSize(2);
        for (Deliver.Message message : came) {
            MessageRecord record = Objects.requireNonNull(
                    MessageRecord.wrap(ByteBuffer.wrap(message.record()), 0, message.record().length));
            assertThat(record.sysFlag() & SysFlag.OF_BROKERS).isZero();
        }
    }
}

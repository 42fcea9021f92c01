package org.fulmar.jms.link;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.fulmar.jms.message.WireMessage;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.Browse;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.Release;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.jms.TransactionRecovery;

/**
 * The way from JMS objects to one broker: an operation each, with a future where the broker answers.
 *
 * <p>Any thread may call it. Operations of one thread reach the broker in order. Futures fail with a
 * {@link LinkException}; they complete on the event loop, so what hangs on them must not block. When the link is lost
 * all of them fail, and none hangs.
 */
public interface BrokerLink extends AutoCloseable {
    /** What the broker said in its greeting. */
    Hello.Reply broker();

    /** Whether the connection is gone. */
    boolean isLost();

    CompletableFuture<Void> setClientId(String clientId);

    CompletableFuture<OpenDestination.Reply> openDestination(DestinationKind kind, String name);

    /**
     * @param name of one that was lost with its connection; empty for a new one
     */
    CompletableFuture<OpenDestination.Reply> createTemporary(DestinationKind kind, String name);

    CompletableFuture<Void> deleteTemporary(DestinationKind kind, String name);

    /** Completes when the message is as durable as its delivery mode asks. */
    CompletableFuture<Void> send(SendOperation.Envelope envelope, WireMessage message);

    /**
     * Sends without an answer; waits while the connection takes no more.
     *
     * @throws LinkException if the link is lost
     */
    void sendOneWay(SendOperation.Envelope envelope, WireMessage message) throws LinkException, InterruptedException;

    CompletableFuture<Void> createConsumer(CreateConsumer consumer);

    CompletableFuture<Void> closeConsumer(ConsumerPosition position);

    CompletableFuture<Void> closeSession(ConsumerPosition.OfSession session);

    CompletableFuture<Void> recover(ConsumerPosition.OfSession session);

    void credit(int consumerId, int credit);

    /** Completes behind every message that was available for the consumer. */
    CompletableFuture<Void> drain(int consumerId, int credit, boolean withdraw);

    /** Completes when it is in the broker's log that these are settled. */
    CompletableFuture<Void> acknowledge(Acknowledge acknowledge);

    /** Gives back single messages, which come again. Completes when that is in the broker's log. */
    CompletableFuture<Void> release(Release held);

    /**
     * Brings a part of a transaction ahead of its end. Completes when it is written.
     *
     * @param before how many parts of it were brought over this link before
     */
    CompletableFuture<Void> addToTransaction(
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages);

    /** Commits a transaction with its last part. Completes when all of it is visible and as durable as asked. */
    CompletableFuture<Void> commit(
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages);

    /** Prepares a branch with its last part. Completes when that is durable. */
    CompletableFuture<Void> prepare(
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages);

    /** Drops a transaction that is not prepared; these messages, and those that it has acknowledged, come again. */
    CompletableFuture<Void> rollback(TransactionId id, List<Acknowledge.Range> givenBack);

    /** Ends a prepared branch, whoever prepared it. */
    CompletableFuture<Void> decide(TransactionDecision decision);

    /** Whether a commit that was sent over an earlier link was carried out; if not, it never will be. */
    CompletableFuture<Boolean> wasCommitted(TransactionId id);

    /** One page of the branches that are in doubt at the broker. */
    CompletableFuture<TransactionRecovery.Reply> inDoubt(TransactionRecovery from);

    /** Forgets a branch that an administrator has decided. */
    CompletableFuture<Void> forget(TransactionId id);

    /** Messages of a queue, which stay there. */
    CompletableFuture<Browse.Reply> browse(Browse browse);

    CompletableFuture<Void> start(boolean started);

    CompletableFuture<Void> unsubscribe(String subscription);

    /**
     * Gives the link up without a word: the broker takes it for lost, and knows what is sent again over the next one. Does
     * not wait.
     */
    void abandon();

    /** Closes in good order; returns when the connection is gone. Nothing is sent again afterwards. */
    @Override
    void close();
}

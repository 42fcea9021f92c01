package org.fulmar.client.producer;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TopicRoute;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;

/** Reads what a topic holds, by plain pulls. */
final class Stored {
    private Stored() {}

    static List<ReceivedMessage> of(ClientInstance client, String topic) throws ClientException, InterruptedException {
        // brokers wait a second for the name servers before they answer who has made a topic, and not for ever
        List<MessageQueue> queues = Patience.await()
                .until(
                        () -> client.refreshRoute(topic)
                                .handle((route, none) -> none == null ? route.readQueues() : List.<MessageQueue>of())
                                .get(),
                        known -> !known.isEmpty());
        List<ReceivedMessage> messages = new ArrayList<>();
        for (MessageQueue queue : queues) {
            messages.addAll(of(client, queue));
        }
        return messages;
    }

    static List<ReceivedMessage> of(ClientInstance client, MessageQueue queue)
            throws ClientException, InterruptedException {
        List<ReceivedMessage> messages = new ArrayList<>();
        long offset = 0;
        while (true) {
            PullRequest pull = new PullRequest(
                    "READER",
                    queue.topic(),
                    queue.queueId(),
                    offset,
                    32,
                    PullRequest.sysFlag(false, false, true),
                    -1,
                    0,
                    "*",
                    0,
                    "TAG",
                    -1);
            Frame answer = client.await(client.request(
                    client.brokerAddress(queue.brokerName(), TopicRoute.MASTER),
                    RequestCode.PULL_MESSAGE,
                    pull.fields(),
                    Unpooled.EMPTY_BUFFER,
                    Patience.MILLIS));
            try {
                if (answer.code() != ResponseCode.SUCCESS) {
                    return messages;
                }
                messages.addAll(ReceivedMessage.decode(answer.body(), queue.brokerName(), 8 << 20));
                offset = PullRequest.Result.decode(answer).nextBeginOffset();
            } finally {
                answer.release();
            }
        }
    }
}

package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.check;
import static org.fulmar.broker.interop.probe.Session.same;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.remoting.exception.RemotingTooMuchRequestException;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Requests of producers that a consumer replies to. */
final class RequestScenarios {
    private static final long TIME_OUT_MILLIS = 60_000;

    private RequestScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.A_REQUEST_IS_ANSWERED_BY_A_REPLY, RequestScenarios::request);
        steps.put(Scenario.AN_ASYNCHRONOUS_REQUEST_IS_ANSWERED_BY_A_REPLY, RequestScenarios::requestAsynchronously);
        steps.put(Scenario.A_REQUEST_THAT_NOBODY_REPLIES_TO_TIMES_OUT, RequestScenarios::timeOut);
    }

    /** A consumer that replies to each message. */
    private static void replier(Session session) throws Exception {
        session.createTopic(session.topic());
        DefaultMQProducer answers = session.newProducer();
        answers.start();
        DefaultMQPushConsumer consumer = session.pushConsumer(session.group("replier"), session.topic(), new Inbox());
        consumer.registerMessageListener((List<MessageExt> got, ConsumeConcurrentlyContext context) -> {
            try {
                for (MessageExt message : got) {
                    if (Session.isPayload(message)) {
                        byte[] body = ("re: " + Session.body(message)).getBytes(StandardCharsets.UTF_8);
                        Session.stored(answers.send(MessageUtil.createReplyMessage(message, body)));
                    }
                }
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            } catch (Exception e) {
                throw new IllegalStateException("the reply is refused", e);
            }
        });
        consumer.start();
    }

    /** A producer that has not sent to the topic: its first request brings a heartbeat with it, and so its client id. */
    private static DefaultMQProducer requester(Session session) throws Exception {
        DefaultMQProducer requester = session.newProducer();
        requester.start();
        return requester;
    }

    private static void request(Session session) throws Exception {
        replier(session);
        DefaultMQProducer requester = requester(session);
        for (int i = 0; i < 3; i++) {
            Message reply = requester.request(session.message("question " + i), TIME_OUT_MILLIS);
            same(Session.body(reply), "re: question " + i, "reply");
            check(reply.getProperty("PUSH_REPLY_TIME") != null, "the broker has put its time on the reply");
        }
    }

    private static void requestAsynchronously(Session session) throws Exception {
        replier(session);
        CompletableFuture<Message> answered = new CompletableFuture<>();
        requester(session)
                .request(
                        session.message("question"),
                        new RequestCallback() {
                            @Override
                            public void onSuccess(Message message) {
                                if (message != null) {
                                    // the client calls with nothing when the request is sent
                                    answered.complete(message);
                                }
                            }

                            @Override
                            public void onException(Throwable e) {
                                answered.completeExceptionally(e);
                            }
                        },
                        TIME_OUT_MILLIS);
        same(Session.body(answered.get(TIME_OUT_MILLIS, TimeUnit.MILLISECONDS)), "re: question", "reply");
    }

    private static void timeOut(Session session) throws Exception {
        session.createTopic(session.topic());
        for (long millis = 1_000; ; millis *= 4) {
            try {
                Message reply = session.producer().request(session.message("question"), millis);
                throw new IllegalStateException("a reply from nobody: " + reply);
            } catch (RequestTimeoutException e) {
                check(e.getMessage() != null, "the client says why");
                return;
            } catch (RemotingTooMuchRequestException e) {
                // the client's time-out covers sending, too, which a busy machine may not get done
                if (millis > TIME_OUT_MILLIS) {
                    throw e;
                }
            }
        }
    }
}

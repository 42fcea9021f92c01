package org.fulmar.client.consumer;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.ReceivedMessage;

/**
 * A member of three groups in a process of its own, made to be killed: one consumes concurrently, one in order, one gets
 * all in broadcasting, with offsets in a file. Says on its output what its listeners begin and end, each line in one
 * write, so that a killed process leaves none behind; leaves the groups when its input ends.
 */
final class KilledMemberMain {
    static final String CONCURRENT = "G-killed-concurrent";
    static final String ORDERED = "G-killed-ordered";
    static final String BROADCAST = "G-killed-broadcast";
    static final String READY = "READY";

    private static final int MOST_WORK_MICROS = 2000;

    private final OutputStream out = new FileOutputStream(FileDescriptor.out);

    private KilledMemberMain() {}

    /** @param arguments name servers, the member's name, which its client id has, the topic, the directory of offsets */
    public static void main(String... arguments) throws Exception {
        ClientConfig config = ClientConfig.of(arguments[0])
                .with(ClientConfig.INSTANCE_NAME, arguments[1])
                .with(ClientConfig.ROUTE_POLL_INTERVAL, 1000)
                .with(ClientConfig.HEARTBEAT_INTERVAL, 1000);
        new KilledMemberMain().run(config, arguments[2], Path.of(arguments[3]));
    }

    private void run(ClientConfig config, String topic, Path offsets) throws Exception {
        try (ClientInstance client = ClientInstance.start(config);
                PushConsumer concurrent = PushConsumer.builder(client, CONCURRENT)
                        .subscribe(topic, "*")
                        .options(options())
                        .concurrent((messages, context) -> consume(CONCURRENT, messages))
                        .start();
                PushConsumer ordered = PushConsumer.builder(client, ORDERED)
                        .subscribe(topic, "*")
                        .options(options())
                        .ordered((messages, context) -> consume(ORDERED, messages))
                        .start();
                PushConsumer broadcast = PushConsumer.builder(client, BROADCAST)
                        .subscribe(topic, "*")
                        .options(options()
                                .messageModel(MessageModel.BROADCASTING)
                                .offsetDirectory(offsets)
                                .commitEvery(java.time.Duration.ofMillis(200)))
                        .concurrent((messages, context) -> consume(BROADCAST, messages))
                        .start()) {
            say(READY + " " + concurrent.queues().size() + " "
                    + ordered.queues().size() + " " + broadcast.queues().size());
            while (System.in.read() >= 0) {
                // what is said to it does not matter
            }
        }
    }

    private static ConsumerOptions options() {
        return new ConsumerOptions().startAt(StartPosition.FIRST).threads(4, 4);
    }

    private ConsumeResult consume(String group, List<ReceivedMessage> messages) throws IOException {
        for (ReceivedMessage message : messages) {
            String what = group + " " + Received.body(message);
            say("begin " + what + " " + System.nanoTime());
            LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(MOST_WORK_MICROS) * 1000L);
            say("end " + what + " " + System.nanoTime());
        }
        return ConsumeResult.SUCCESS;
    }

    private void say(String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
}

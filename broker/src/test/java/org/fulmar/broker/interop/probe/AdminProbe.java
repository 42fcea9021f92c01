package org.fulmar.broker.interop.probe;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Runs commands of Apache's {@code mqadmin}, one after the other, in a JVM that has its libraries and not ours.
 *
 * <p>Takes the name server's address and a file with a command in each line, its words separated by blanks. Before what a
 * command prints, and behind it, is a line of its own. {@code @ID} and {@code @OFFSETID} stand for the last message that
 * was sent, {@code @CLIENT} for the consumer's client id. Lines that begin with {@code !} are this program's own:
 * {@code !send TOPIC COUNT}, {@code !consume TOPIC GROUP COUNT}, {@code !stop}, {@code !await COUNT}. Behind a command may be
 * patterns, each after a tab: it is repeated until what it prints has all of them. A command that only reads is repeated
 * also when it has met a time-out, of which Apache's are short; what the last one prints counts.
 */
@SuppressWarnings("deprecation")
public final class AdminProbe {
    private static final int PATIENCE_SECONDS = 60;
    private static final int TIME_OUT_MILLIS = 60_000;
    private static final Set<String> READ_ONLY = Set.of(
            "allocateMQ",
            "brokerConsumeStats",
            "brokerStatus",
            "clusterList",
            "consumerConnection",
            "consumerProgress",
            "consumerStatus",
            "exportConfigs",
            "exportMetadata",
            "getBrokerConfig",
            "getConsumerConfig",
            "getNamesrvConfig",
            "haStatus",
            "producer",
            "producerConnection",
            "queryCq",
            "queryMsgById",
            "queryMsgByKey",
            "queryMsgByOffset",
            "queryMsgByUniqueKey",
            "statsAll",
            "topicClusterList",
            "topicList",
            "topicRoute",
            "topicStatus");
    private static final Pattern STALLED =
            Pattern.compile("RemotingTimeoutException|RemotingTooMuchRequest|RemotingConnectException");
    private static final String COMMANDS = "org.apache.rocketmq.tools.command.";
    private static final String SEND = "sendMessage";

    private final String nameServer;
    private final PrintStream out = System.out;
    private final Inbox inbox = new Inbox();
    private DefaultMQProducer producer;
    private DefaultMQPushConsumer consumer;
    private SendResult last;

    private AdminProbe(String nameServer) {
        this.nameServer = nameServer;
    }

    /** What the consumer has got. */
    private static final class Inbox implements MessageListenerConcurrently {
        private int count;

        @Override
        public synchronized ConsumeConcurrentlyStatus consumeMessage(
                List<MessageExt> messages, ConsumeConcurrentlyContext context) {
            count += messages.size();
            notifyAll();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        }

        private synchronized void await(int wanted) throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (count < wanted) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    throw new IllegalStateException(count + " messages came, not " + wanted);
                }
                wait(left);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        AdminProbe probe = new AdminProbe(arguments[0]);
        Thread main = Thread.currentThread();
        Thread hastener = new Thread(() -> hasten(main), "hastener");
        hastener.setDaemon(true);
        hastener.start();
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            probe.run(line.strip());
        }
        probe.out.flush();
        // clients have threads that outlive them, some for seconds
        Runtime.getRuntime().halt(0);
    }

    /** Each command ends a client, which waits up to three seconds for a thread that waits for nothing: it is woken. */
    private static void hasten(Thread main) {
        try {
            while (main.isAlive()) {
                TimeUnit.MILLISECONDS.sleep(20);
                boolean ending = Stream.of(main.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().endsWith("ServiceThread")
                                && frame.getMethodName().equals("shutdown"));
                if (ending) {
                    Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().startsWith("NettyEventExecutor"))
                            .forEach(Thread::interrupt);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(String step) throws Exception {
        String[] parts = step.split("\t");
        String line = parts[0];
        List<Pattern> patterns = Stream.of(parts).skip(1).map(Pattern::compile).toList();
        out.println("BEGIN " + line);
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        CountDownLatch never = new CountDownLatch(1);
        String printed = printed(line);
        while (isToBeRepeated(line, patterns, printed) && System.nanoTime() < end) {
            never.await(100, TimeUnit.MILLISECONDS);
            printed = printed(line);
        }
        out.print(printed);
        out.println();
        out.println("END " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms " + line);
    }

    private static boolean isToBeRepeated(String line, List<Pattern> patterns, String printed) {
        // the one that has a consumer consume
        boolean reads = READ_ONLY.contains(line.split(" ", 2)[0]) && !line.contains(" -d ");
        boolean stalled = reads && STALLED.matcher(printed).find();
        return stalled
                || patterns.stream()
                        .anyMatch(pattern -> !pattern.matcher(printed).find());
    }

    private String printed(String line) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream capture = new PrintStream(printed, true, StandardCharsets.UTF_8);
        PrintStream errors = System.err;
        System.setOut(capture);
        System.setErr(capture);
        try {
            if (line.startsWith("!")) {
                own(line.substring(1).split(" "));
            } else {
                command(line);
            }
        } catch (Exception e) {
            e.printStackTrace(capture);
        } finally {
            System.setOut(out);
            System.setErr(errors);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private void command(String line) throws Exception {
        String[] words = Stream.of(line.split(" ")).map(this::known).toArray(String[]::new);
        if (words[0].equals(SEND)) {
            beSentOnce();
        }
        Class<?> startup = Class.forName(COMMANDS + "MQAdminStartup");
        Method main = Stream.of(startup.getMethods())
                .filter(method -> method.getName().equals("main0"))
                .findFirst()
                .orElseThrow();
        try {
            main.invoke(null, words, null);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Gives the command that sends a producer that waits longer: after three seconds it would send a second time. */
    private static void beSentOnce() throws ReflectiveOperationException {
        Field commands = Class.forName(COMMANDS + "MQAdminStartup").getDeclaredField("SUB_COMMANDS");
        commands.setAccessible(true);
        Field producer = Class.forName(COMMANDS + "message.SendMessageCommand").getDeclaredField("producer");
        producer.setAccessible(true);
        for (Object each : (List<?>) commands.get(null)) {
            if (producer.getDeclaringClass().isInstance(each)) {
                DefaultMQProducer patient = new DefaultMQProducer("mqadmin");
                patient.setSendMsgTimeout(TIME_OUT_MILLIS);
                patient.setMqClientApiTimeout(TIME_OUT_MILLIS);
                producer.set(each, patient);
                return;
            }
        }
        throw new IllegalStateException("no command " + SEND);
    }

    private String known(String word) {
        return switch (word) {
            case "@ID" -> last.getMsgId();
            case "@OFFSETID" -> last.getOffsetMsgId();
            case "@CLIENT" -> consumer.buildMQClientId();
            default -> word;
        };
    }

    private void own(String[] words) throws Exception {
        switch (words[0]) {
            case "send" -> send(words[1], Integer.parseInt(words[2]));
            case "consume" -> consume(words[1], words[2]);
            case "await" -> inbox.await(Integer.parseInt(words[1]));
            case "stop" -> consumer.shutdown();
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private void send(String topic, int count) throws Exception {
        if (producer == null) {
            producer = new DefaultMQProducer("admin-producer");
            producer.setNamesrvAddr(nameServer);
            producer.setSendMsgTimeout(TIME_OUT_MILLIS);
            producer.setMqClientApiTimeout(TIME_OUT_MILLIS);
            producer.start();
        }
        for (int i = 0; i < count; i++) {
            Message message = new Message(topic, "tag", "key" + i, ("text" + i).getBytes(StandardCharsets.UTF_8));
            last = producer.send(message);
        }
    }

    private void consume(String topic, String group) throws Exception {
        consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(nameServer);
        consumer.setMqClientApiTimeout(TIME_OUT_MILLIS);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setPersistConsumerOffsetInterval(1000);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(inbox);
        consumer.start();
    }
}

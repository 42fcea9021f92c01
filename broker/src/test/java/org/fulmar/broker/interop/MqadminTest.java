package org.fulmar.broker.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Apache's {@code mqadmin} 5.4.0, unmodified, against our name server and broker, each in a JVM of its own.
 *
 * <p>All commands run before the assertions, one after the other in one JVM, with a producer and a consumer of Apache's
 * beside them. Each assertion is of what one command printed.
 */
@Timeout(300)
class MqadminTest {
    private static final String PROBE = "org.fulmar.broker.interop.probe.AdminProbe";
    private static final String VERSION = "5.4.0";
    private static final int PROBE_SECONDS = 400;
    private static final String N = " -n {N} ";
    private static final String B = N + "-b {B} ";

    /**
     * A command, and patterns that its output has; {@code {N}} and {@code {B}} stand for the addresses.
     *
     * @param soon whether it asks for what comes to be a moment after the command before it, as when the broker has told
     *     the name server or a consumer has told the broker how far it is: it is repeated until it has the patterns
     */
    private record Step(String command, List<String> patterns, boolean soon) {
        static Step of(String command, String... patterns) {
            return new Step(command, List.of(patterns), false);
        }

        static Step soon(String command, String... patterns) {
            return new Step(command, List.of(patterns), true);
        }

        String filled(String text) {
            return text.replace("{N}", nameServer).replace("{B}", "127.0.0.1:" + brokerPort);
        }

        String line() {
            String line = filled(command).replaceAll(" +", " ").strip();
            return soon ? line + '\t' + filled(String.join("\t", patterns)) : line;
        }
    }

    private static final List<Step> STEPS = List.of(
            Step.of("clusterList" + N, "DefaultCluster +broker-a +0 +{B} +V5_4_0 .* true"),
            Step.of("updateTopic" + B + "-t orders -r 4 -w 4 -a +message.type=NORMAL", "create topic to {B} success"),
            Step.of("updateTopic" + B + "-t orders -r 4 -w 4 -a +no.such=1", "CODE: 29 .*unsupported key: no.such"),
            Step.of("updateTopic" + B + "-t orders -r 4 -w 4 -a +message.type=ODD", "CODE: 29 .*not in the range"),
            Step.of("updateTopic" + B + "-t TBW102 -r 4 -w 4", "CODE: 29 .*conflict with system topic"),
            Step.of("updateTopic" + B + "-t orders -r 4 -w 8", "CODE: 29 .*readQueueNums must be at least"),
            Step.soon("topicRoute" + N + "-t orders", "\"brokerName\":\"broker-a\"", "\"writeQueueNums\":4"),
            Step.of("updateSubGroup" + B + "-g readers", "create subscription group to {B} success"),
            Step.of("!send orders 10"),
            Step.soon("topicStatus" + N + "-t orders", "broker-a +0 +0 +[1-4] +2", "broker-a +3 +0 +[1-4] +2"),
            Step.of("brokerStatus" + B, "msgPutTotalTodayNow +: 10", "putTps +: [0-9.]+ [0-9.]+ [0-9.]+"),
            Step.of("getBrokerConfig" + B, "brokerName += +broker-a", "autoCreateTopicEnable += +true"),
            Step.of("!consume orders readers"),
            Step.of("!await 10"),
            Step.of("sendMessage" + N + "-t orders -p hello -k thekey", "broker-a +[0-3] +SEND_OK +[0-9A-F]{32,56}"),
            Step.of("!await 11"),
            Step.soon("topicList" + N + "-c", "DefaultCluster +orders +readers", "DefaultCluster +BenchmarkTest"),
            Step.soon("consumerProgress" + N + "-g readers", "orders +broker-a +3 +[1-4]", "Consume Diff Total: "),
            Step.soon("consumerProgress" + N, "readers +1 +V5_4_0 +PUSH +CLUSTERING"),
            Step.of(
                    "consumerConnection" + N + "-g readers",
                    "127.0.0.1:[0-9]+ +JAVA +V5_4_0",
                    "orders +\\*",
                    "ConsumeType: CONSUME_PASSIVELY",
                    "ConsumeFromWhere: CONSUME_FROM_FIRST_OFFSET"),
            Step.of("producerConnection" + N + "-g admin-producer -t orders", "127.0.0.1:[0-9]+ +JAVA +V5_4_0"),
            Step.of("producer" + B, "producer group \\(admin-producer\\) instance : clientId="),
            Step.soon("queryMsgByKey" + N + "-t orders -k thekey", "[0-9A-F]{32,56} +[0-3] +[0-9]+"),
            Step.of("queryMsgById" + N + "-t orders -i @OFFSETID", "Topic: +orders", "Keys: +\\[key9\\]"),
            Step.of("queryMsgById" + N + "-t orders -i @OFFSETID -g readers -d @CLIENT", "consumeResult=CR_SUCCESS"),
            Step.soon("queryMsgByUniqueKey" + N + "-t orders -i @ID", "Topic: +orders", "Keys: +\\[key9\\]"),
            Step.of("queryMsgByOffset" + N + "-t orders -b broker-a -i 0 -o 0", "Keys: +\\[key[0-9]\\]"),
            Step.of(
                    "consumeMessage" + N + "-t orders -g other -c 2",
                    "Consume ok",
                    "MSGID: [0-9A-F]{32,56} MessageExt"),
            Step.of("queryCq" + B + "-t orders -q 0 -i 0 -c 5", "max: [1-4], min: 0", "tagsCode=" + "tag".hashCode()),
            Step.of("statsAll" + N + "-t orders", "orders +readers +[0-9]+ +[0-9.]+ +[0-9.]+ +11 +1[12]"),
            Step.soon("brokerConsumeStats" + B, "orders +readers +broker-a +[0-3] +[1-4]", "Diff Total: "),
            Step.soon("consumerStatus" + N + "-g readers", "V5_4_0", "Same subscription in the same group"),
            Step.soon(
                    "consumerStatus" + N + "-g readers -i @CLIENT", "#Consumer Offset#", "orders +broker-a +3 +[1-4]"),
            Step.of("getConsumerConfig" + N + "-g readers", "groupName += +readers"),
            Step.of("topicClusterList" + N + "-t orders", "DefaultCluster"),
            Step.of("allocateMQ" + N + "-t orders -i 127.0.0.1,127.0.0.2", "\"127.0.0.2\":\\[\\{\"brokerName\""),
            Step.of("getNamesrvConfig" + N, "listenPort += +[0-9]+", "orderMessageEnable += +false"),
            Step.of("updateOrderConf" + N + "-t orders -v broker-a:4 -m put", "update orderConf success"),
            Step.of("updateOrderConf" + N + "-t orders -m get", "orderConf=\\[broker-a:4\\]"),
            Step.of("updateNamesrvConfig" + N + "-k orderMessageEnable -v true", "update name server config success"),
            Step.of("updateNamesrvConfig" + N + "-k kvConfigDirectory -v /tmp", "CODE: 16 .*does not change while"),
            Step.of("topicRoute" + N + "-t orders", "\"orderTopicConf\":\"broker-a:4\""),
            Step.of("wipeWritePerm" + N + "-b broker-a", "wipe write perm of broker\\[broker-a\\] .*OK, [0-9]+"),
            Step.of("topicRoute" + N + "-t orders", "\"perm\":4"),
            Step.of("addWritePerm" + N + "-b broker-a", "add write perm of broker\\[broker-a\\] .*OK, [0-9]+"),
            Step.of("topicRoute" + N + "-t orders", "\"perm\":6"),
            Step.of("updateKvConfig" + N + "-s ns -k a -v b", "create or update kv config to namespace success"),
            Step.of("deleteKvConfig" + N + "-s ns -k a", "delete kv config from namespace success"),
            Step.of("updateTopicPerm" + B + "-t orders -p 4", "update topic perm from 6 to 4 in {B} success"),
            Step.soon("topicRoute" + N + "-t orders", "\"perm\":4"),
            Step.of("updateTopicPerm" + B + "-t orders -p 6", "update topic perm from 4 to 6 in {B} success"),
            Step.of("updateSubGroup" + B + "-g copied", "create subscription group to {B} success"),
            Step.of("cloneGroupOffset" + N + "-s readers -d copied -t orders", "clone group offset success"),
            Step.of(
                    "resetOffsetByTime" + N + "-g copied -t orders -s 0",
                    "start reset consumer offset",
                    "broker-a +0 +0",
                    "broker-a +3 +0"),
            Step.of("updateTopic" + B + "-t %RETRY%copied -r 1 -w 1", "create topic to {B} success"),
            Step.soon("consumerProgress" + N + "-g copied", "orders +broker-a +0 +[1-4] +0 ", "Consume Diff Total: 11"),
            Step.of("updateTopic" + B + "-t orders -r 2 -w 2", "CODE: 29 .*group copied has not read"),
            Step.of("deleteSubGroup" + B + "-g copied", "delete subscription group \\[copied\\] .*success"),
            Step.of("updateBrokerConfig" + B + "-k autoCreateTopicEnable -v false", "update broker config success"),
            Step.of("getBrokerConfig" + B, "autoCreateTopicEnable += +false"),
            Step.of("updateBrokerConfig" + B + "-k storePathRootDir -v /x", "CODE: 16 .*does not change while"),
            Step.of("updateBrokerConfig" + B + "-k maxRedeliveries -v many", "CODE: 29 .*must be a number"),
            Step.of("setConsumeMode" + B + "-t orders -g readers -m PULL -q 8", "set consume mode to {B} success"),
            Step.of("cleanUnusedTopic" + B, "success"),
            Step.of("cleanExpiredCQ" + B, "success"),
            Step.of("deleteExpiredCommitLog" + B, "success"),
            Step.of("updateTopicList" + B + "-f {LIST}", "submit batch of topic config to {B} success"),
            Step.soon("topicList" + N, "\\bfirst\\b", "\\bsecond\\b", "\\bTBW102\\b", "%RETRY%readers"),
            Step.of("exportMetadata" + N + "-c DefaultCluster -f {DIR}", "export .*metadata.json success"),
            Step.of("exportConfigs" + N + "-c DefaultCluster -f {DIR}", "export .*configs.json success"),
            Step.of("haStatus" + B, "CODE: 3 .*request code 907 is not supported"),
            Step.of("resetOffsetByTime" + N + "-g readers -t orders -s 0", "broker-a +0 +0", "broker-a +3 +0"),
            Step.of("deleteTopic" + N + "-c DefaultCluster -t first", "delete topic \\[first\\] from cluster"),
            Step.soon("topicRoute" + N + "-t first", "CODE: 17 "));

    /** What the commands printed, in their order. */
    private static final List<String> OUTPUT = new ArrayList<>();

    @TempDir
    static Path directory;

    private static ChildProcesses children;
    private static String nameServer;
    private static int brokerPort;

    @BeforeAll
    @Timeout(600)
    static void runAllCommands() throws IOException, InterruptedException, URISyntaxException {
        children = new ChildProcesses(directory);
        nameServer = children.startNameServer();
        brokerPort = ChildProcesses.freePort();
        children.startBroker(List.of(
                "namesrvAddr=" + nameServer,
                "listenPort=" + brokerPort,
                "storePathRootDir=" + directory.resolve("store"),
                "mappedFileSizeCommitLog=67108864"));

        Path list = directory.resolve("list.json");
        Files.writeString(
                list,
                "[{\"topicName\":\"first\",\"readQueueNums\":3,\"writeQueueNums\":3,\"perm\":6},"
                        + "{\"topicName\":\"second\",\"readQueueNums\":2,\"writeQueueNums\":2,\"perm\":6}]");
        Path script = directory.resolve("script");
        Files.write(
                script,
                STEPS.stream()
                        .map(step -> step.line()
                                .replace("{LIST}", list.toString())
                                .replace("{DIR}", directory.resolve("export").toString()))
                        .toList());
        List<String> lines = children.startProbe(
                        List.of("apache-client-" + VERSION, "apache-tools-" + VERSION),
                        List.of("-Dcom.rocketmq.remoting.client.connect.timeout=30000"),
                        PROBE,
                        nameServer,
                        script.toString())
                .awaitEnd(PROBE_SECONDS);
        StringBuilder one = new StringBuilder();
        for (String line : lines) {
            if (line.startsWith("BEGIN ")) {
                one.setLength(0);
            }
            one.append(line).append('\n');
            if (line.startsWith("END ")) {
                OUTPUT.add(one.toString());
            }
        }
        assertThat(OUTPUT).as(() -> String.join("\n", lines)).hasSameSizeAs(STEPS);
    }

    @AfterAll
    static void endChildren() throws Exception {
        children.close();
    }

    static Stream<Arguments> steps() {
        return IntStream.range(0, STEPS.size())
                .mapToObj(at -> Arguments.of(at, STEPS.get(at).command()));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("steps")
    void mqadminFindsWhatItFindsAtApaches(int at, String command) {
        String printed = OUTPUT.get(at);
        for (String pattern : STEPS.get(at).patterns()) {
            assertThat(printed).as(command).containsPattern(STEPS.get(at).filled(pattern));
        }
        if (STEPS.get(at).patterns().stream().noneMatch(pattern -> pattern.startsWith("CODE: "))) {
            assertThat(printed).as(command).doesNotContain("Caused by:", "Exception:");
        }
    }
}

package org.fulmar.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The header of a pull. */
class PullRequestTest {
    private static final Map<String, String> FULL = Map.ofEntries(
            Map.entry("consumerGroup", "g"),
            Map.entry("topic", "t"),
            Map.entry("queueId", "3"),
            Map.entry("queueOffset", "5000000000"),
            Map.entry("maxMsgNums", "32"),
            Map.entry("sysFlag", "7"),
            Map.entry("commitOffset", "4999999999"),
            Map.entry("suspendTimeoutMillis", "15000"),
            Map.entry("subscription", "a || b"),
            Map.entry("subVersion", "1700000000000"),
            Map.entry("expressionType", "TAG"),
            Map.entry("maxMsgBytes", "1048576"));

    private static PullRequest decode(Map<String, String> fields) {
        return PullRequest.decode(
                Frame.request(RequestCode.PULL_MESSAGE, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON));
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> fields = new HashMap<>(FULL);
        fields.put(name, value);
        return fields;
    }

    @Test
    void everyFieldIsRead() {
        assertThat(decode(FULL))
                .isEqualTo(new PullRequest(
                        "g",
                        "t",
                        3,
                        5_000_000_000L,
                        32,
                        7,
                        4_999_999_999L,
                        15_000,
                        "a || b",
                        1_700_000_000_000L,
                        "TAG",
                        1_048_576));
    }

    @Test
    void whatAnOldClientLeavesOutHasItsDefault() {
        Map<String, String> least =
                Map.of("consumerGroup", "g", "topic", "t", "queueId", "0", "queueOffset", "0", "maxMsgNums", "1");
        assertThat(decode(least)).isEqualTo(new PullRequest("g", "t", 0, 0, 1, 0, -1, 0, null, 0, "TAG", -1));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 5, 10, false, false, false",
        "1, 5, 10, true, false, false",
        "1, -1, 10, false, false, false",
        "2, 5, 10, false, true, false",
        "2, 5, 0, false, false, false",
        "2, 5, -1, false, false, false",
        "4, 5, 10, false, false, true",
        "7, 0, 1, true, true, true",
        "-8, 5, 10, false, false, false"
    })
    void theBitsOfTheFlagSayWhatThePullMayDo(
            int sysFlag, String commit, String suspend, boolean commits, boolean suspends, boolean subscribes) {
        Map<String, String> fields = with("sysFlag", Integer.toString(sysFlag));
        fields.put("commitOffset", commit);
        fields.put("suspendTimeoutMillis", suspend);
        PullRequest pull = decode(fields);
        assertThat(pull.commitsOffset()).isEqualTo(commits);
        assertThat(pull.maySuspend()).isEqualTo(suspends);
        assertThat(pull.hasSubscription()).isEqualTo(subscribes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"consumerGroup", "topic", "queueId", "queueOffset", "maxMsgNums"})
    void aMissingFieldIsNamed(String name) {
        Map<String, String> fields = new HashMap<>(FULL);
        fields.remove(name);
        assertThatThrownBy(() -> decode(fields))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(" " + name + " ");
    }

    @ParameterizedTest
    @CsvSource({
        "queueId, 2147483648", "queueOffset, 9223372036854775808", "maxMsgNums, -2147483649", "sysFlag, x",
        "commitOffset, 1.0", "suspendTimeoutMillis, ∞", "subVersion, now", "maxMsgBytes, 4294967296"
    })
    void aFieldThatIsNoNumberOrTooLargeIsNamed(String name, String value) {
        assertThatThrownBy(() -> decode(with(name, value)))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(" " + name + " ");
    }

    @Test
    void whatAClientWritesIsReadBack() {
        assertThat(decode(FULL).fields()).isEqualTo(FULL);
        PullRequest bare = new PullRequest("g", "t", 0, 0, 1, 0, -1, 0, null, 0, "TAG", -1);
        assertThat(decode(bare.fields())).isEqualTo(bare);
        assertThat(bare.fields()).doesNotContainKeys("subscription", "maxMsgBytes");
        int all = PullRequest.sysFlag(true, true, true);
        PullRequest flagged = new PullRequest("g", "t", 0, 0, 1, all, 5, 1000, "*", 0, "TAG", -1);
        assertThat(flagged.commitsOffset()).isTrue();
        assertThat(flagged.maySuspend()).isTrue();
        assertThat(flagged.hasSubscription()).isTrue();
        assertThat(PullRequest.sysFlag(false, false, false)).isZero();
    }

    @Test
    void anAnswerIsReadBack() {
        PullRequest.Result result = new PullRequest.Result(10, 2, 12);
        Frame answer = Frame.request(0, result.fields(), Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON);
        assertThat(PullRequest.Result.decode(answer)).isEqualTo(result);
        assertThat(PullRequest.Result.suggestedBroker(answer)).isZero();
    }

    @Test
    void everyAnswerHasTheFieldsThatJavaClientsCantDoWithout() {
        assertThat(new PullRequest.Result(10, 2, 12).fields())
                .containsAllEntriesOf(Map.of(
                        "suggestWhichBrokerId", "0", "nextBeginOffset", "10", "minOffset", "2", "maxOffset", "12"));
    }
}

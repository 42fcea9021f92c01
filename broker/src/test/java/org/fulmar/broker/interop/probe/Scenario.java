package org.fulmar.broker.interop.probe;

import java.util.Arrays;
import java.util.List;

/** What Apache's clients are promised. Known to the probe and to the test that runs it, so free of both's libraries. */
public enum Scenario {
    A_SYNCHRONOUS_SEND_IS_STORED_AS_THE_ANSWER_SAYS(Phase.FIRST),
    AN_ASYNCHRONOUS_SEND_IS_ANSWERED_AND_STORED(Phase.FIRST),
    A_ONE_WAY_SEND_IS_STORED(Phase.FIRST),
    A_BATCH_IS_STORED_IN_ORDER_IN_ONE_QUEUE(Phase.FIRST),
    A_LARGE_BODY_TRAVELS_COMPRESSED_AND_ARRIVES_WHOLE(Phase.FIRST),
    A_SELECTOR_DECIDES_THE_QUEUE(Phase.FIRST),
    A_TOO_BIG_MESSAGE_IS_REFUSED_AS_ILLEGAL(Phase.FIRST),
    TAGS_KEYS_AND_PROPERTIES_ARRIVE(Phase.FIRST),

    CLUSTERING_CONSUMERS_SHARE_AND_GET_EACH_MESSAGE_ONCE(Phase.FIRST),
    BROADCASTING_CONSUMERS_GET_EVERY_MESSAGE_EACH(Phase.FIRST),
    A_TAG_FILTER_LETS_ONLY_ITS_TAGS_THROUGH(Phase.FIRST),
    A_LITE_PULL_SUBSCRIBER_GETS_EVERY_MESSAGE_ONCE(Phase.FIRST),
    AN_ASSIGNED_LITE_PULL_CONSUMER_READS_FROM_WHERE_IT_SEEKS(Phase.FIRST),
    A_RESTARTED_CONSUMER_GOES_ON_WHERE_ITS_GROUP_WAS(Phase.FIRST),
    A_NEW_GROUP_FROM_FIRST_GETS_OLD_MESSAGES(Phase.FIRST),
    /** As with Apache's broker, for which a queue that still has its first message is all new to a new group. */
    A_NEW_GROUP_FROM_LAST_GETS_ALL_OF_A_YOUNG_TOPIC(Phase.FIRST),
    A_WAITING_CONSUMER_GETS_A_MESSAGE_WITHOUT_POLLING_DELAY(Phase.FIRST),

    A_SQL_FILTER_LETS_ONLY_WHAT_MATCHES_THROUGH(Phase.FIRST),
    A_LITE_PULL_SUBSCRIBER_GETS_WHAT_ITS_SQL_FILTER_MATCHES(Phase.FIRST),
    A_PULL_WITH_A_SQL_FILTER_BRINGS_WHAT_MATCHES(Phase.FIRST),
    A_GROUP_WITH_A_NEW_SQL_FILTER_GETS_WHAT_THAT_MATCHES(Phase.FIRST),
    A_BAD_SQL_FILTER_IS_REFUSED_WHEN_THE_CONSUMER_STARTS(Phase.FIRST),
    A_KEY_IS_LOOKED_FOR_IN_THE_TIME_GIVEN(Phase.FIRST),

    A_MESSAGE_IS_FOUND_BY_ITS_KEY(Phase.FIRST),
    A_MESSAGE_IS_FOUND_BY_ITS_UNIQUE_ID(Phase.FIRST),
    A_MESSAGE_IS_FOUND_BY_ITS_OFFSET_ID(Phase.FIRST),
    OFFSETS_ARE_FOUND_BY_TIME(Phase.FIRST),

    A_COMMITTED_MESSAGE_IS_RECEIVED_ONCE(Phase.FIRST),
    A_ROLLED_BACK_MESSAGE_IS_NEVER_RECEIVED(Phase.FIRST),
    A_PRODUCER_THAT_DID_NOT_KNOW_IS_ASKED_AND_COMMITS(Phase.FIRST),
    A_PRODUCER_THAT_DID_NOT_KNOW_IS_ASKED_AND_ROLLS_BACK(Phase.FIRST),
    ANOTHER_PRODUCER_OF_THE_GROUP_IS_ASKED_WHEN_THE_FIRST_IS_GONE(Phase.FIRST),
    A_MESSAGE_ASKED_FOR_IN_VAIN_IS_KEPT_FOR_INSPECTION(Phase.FIRST),

    A_REQUEST_IS_ANSWERED_BY_A_REPLY(Phase.FIRST),
    AN_ASYNCHRONOUS_REQUEST_IS_ANSWERED_BY_A_REPLY(Phase.FIRST),
    A_REQUEST_THAT_NOBODY_REPLIES_TO_TIMES_OUT(Phase.FIRST),

    POP_CONSUMERS_SHARE_AND_GET_EACH_MESSAGE_ONCE(Phase.FIRST, 5),
    A_WAITING_POP_GETS_A_MESSAGE_WITHOUT_POLLING_DELAY(Phase.FIRST, 5),
    A_POP_CONSUMERS_TAG_FILTER_LETS_ONLY_ITS_TAGS_THROUGH(Phase.FIRST, 5),
    A_POPPED_MESSAGE_THAT_FAILED_COMES_AGAIN_LATER(Phase.FIRST, 5),
    A_POP_GROUP_STOPS_HALFWAY_BEFORE_THE_RESTART(Phase.FIRST, 5),
    A_POP_GROUP_GOES_ON_AFTER_A_RESTART_WHERE_IT_WAS(Phase.RESTARTED, 5),
    A_TOPIC_IS_MADE_FOR_A_POP_GROUP_AND_THE_KILL(Phase.FIRST, 5),
    A_POP_GROUP_STOPS_HALFWAY_BEFORE_THE_KILL(Phase.RESTARTED, 5),
    A_POP_GROUP_GOES_ON_AFTER_A_KILL_WHERE_IT_WAS(Phase.KILLED, 5),

    A_HALF_MESSAGE_IS_LEFT_FOR_AFTER_THE_RESTART(Phase.FIRST),
    MESSAGES_ARE_LEFT_FOR_AFTER_THE_RESTART(Phase.FIRST),
    A_GROUP_STOPS_HALFWAY_BEFORE_THE_RESTART(Phase.FIRST),
    MESSAGES_SENT_BEFORE_A_RESTART_ARE_RECEIVED_AFTER_IT(Phase.RESTARTED),
    A_GROUP_GOES_ON_AFTER_A_RESTART_WHERE_IT_WAS(Phase.RESTARTED),
    A_MESSAGE_SENT_BEFORE_A_RESTART_IS_FOUND_BY_ITS_KEY_AFTER_IT(Phase.RESTARTED),
    AN_UNKNOWN_TOPIC_IS_REFUSED_WITHOUT_AUTO_CREATION(Phase.RESTARTED),
    A_HALF_MESSAGE_FROM_BEFORE_A_RESTART_IS_ASKED_FOR_AND_COMMITTED(Phase.RESTARTED),
    A_HALF_MESSAGE_IS_LEFT_FOR_AFTER_THE_KILL(Phase.RESTARTED),
    A_HALF_MESSAGE_FROM_BEFORE_A_KILL_IS_ASKED_FOR_AND_COMMITTED(Phase.KILLED);

    /** Runs of the probe against one broker. */
    public enum Phase {
        /** The broker makes topics that are sent to. */
        FIRST,
        /** The same broker after a restart, with {@code autoCreateTopicEnable=false}. */
        RESTARTED,
        /** The same again, after a SIGKILL. */
        KILLED
    }

    private final Phase phase;
    private final int since;

    Scenario(Phase phase) {
        this(phase, 0);
    }

    /**
     * @param since the first major version of the client that knows how
     */
    Scenario(Phase phase, int since) {
        this.phase = phase;
        this.since = since;
    }

    /** Those of a phase that a client of this version, such as 5.4.0, runs. */
    public static List<Scenario> of(Phase phase, String version) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.phase == phase && scenario.isFor(version))
                .toList();
    }

    public boolean isFor(String version) {
        return Integer.parseInt(version.substring(0, version.indexOf('.'))) >= since;
    }
}

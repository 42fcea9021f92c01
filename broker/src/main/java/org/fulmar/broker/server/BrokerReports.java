package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;

/** What the broker does and how it is, in the terms of RocketMQ's tools. */
final class BrokerReports {
    private static final int MAX_ENTRIES = 1000;

    private final BrokerConfig config;
    private final MessageStore store;
    private final Traffic traffic;
    private final DelayedMessages delayed;
    private final ClientTable clients;
    private final QueueStates queues;
    private final LongSupplier clock;

    BrokerReports(
            BrokerConfig config,
            MessageStore store,
            Traffic traffic,
            DelayedMessages delayed,
            ClientTable clients,
            QueueStates queues,
            LongSupplier clock) {
        this.config = config;
        this.store = store;
        this.traffic = traffic;
        this.delayed = delayed;
        this.clients = clients;
        this.queues = queues;
        this.clock = clock;
    }

    private static void answer(Request request, JsonNode json) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    /** GET_BROKER_RUNTIME_INFO. On the business pool: it asks the file system. */
    void runtime(Request request) {
        Map<String, String> table = new TreeMap<>(queues.ask(this::flow));
        table.put("brokerVersionDesc", version());
        table.put("brokerVersion", Integer.toString(Frame.VERSION));
        table.put("brokerActive", "true");
        table.put("bootTimestamp", Long.toString(traffic.startedAt()));
        table.put("startAcceptSendRequestTimeStamp", Long.toString(traffic.startedAt()));
        log(table);
        disk(table);
        // there are no such pools here: requests run on the core as they come
        for (String pool : new String[] {"send", "pull", "litePull", "query", "ack"}) {
            table.put(pool + "ThreadPoolQueueSize", "0");
            table.put(pool + "ThreadPoolQueueHeadWaitTimeMills", "0");
        }
        table.put("pageCacheLockTimeMills", "0");
        table.put("EndTransactionQueueSize", "0");
        ObjectNode json = JsonBody.object();
        table.forEach(json.putObject("table")::put);
        answer(request, json);
    }

    /** The release of RocketMQ whose protocol is spoken, as its tools name releases. */
    private static String version() {
        return "V5_4_0";
    }

    /** What flows. On the core. */
    private Map<String, String> flow() {
        long now = clock.getAsLong();
        traffic.sample(now);
        Map<String, String> table = new TreeMap<>();
        table.put("putTps", rates(now, Traffic.Flow.STORED));
        table.put("getTransferredTps", rates(now, Traffic.Flow.SENT));
        table.put("getTransferedTps", rates(now, Traffic.Flow.SENT));
        table.put("getFoundTps", rates(now, Traffic.Flow.FOUND));
        table.put("getMissTps", rates(now, Traffic.Flow.MISSED));
        table.put("getTotalTps", rates(now, Traffic.Flow.FOUND, Traffic.Flow.MISSED));
        totals(table, "msgPut", Traffic.Flow.STORED);
        totals(table, "msgGet", Traffic.Flow.SENT);
        table.put("putMessageTimesTotal", Long.toString(traffic.total(Traffic.Flow.STORED)));
        table.put("timerReadBehind", "0");
        table.put("timerOffsetBehind", "0");
        table.put("timerCongestNum", Long.toString(delayed.waiting()));
        table.put("timerEnqueueTps", "0.0");
        table.put("timerDequeueTps", "0.0");
        return table;
    }

    private void totals(Map<String, String> table, String prefix, Traffic.Flow flow) {
        table.put(prefix + "TotalTodayNow", Long.toString(traffic.total(flow)));
        table.put(prefix + "TotalTodayMorning", Long.toString(traffic.thisMorning(flow)));
        table.put(prefix + "TotalYesterdayMorning", Long.toString(traffic.yesterdayMorning(flow)));
    }

    private String rates(long now, Traffic.Flow... flows) {
        return String.format(
                Locale.ROOT,
                "%.2f %.2f %.2f",
                traffic.perSecond(now, 10, flows),
                traffic.perSecond(now, 60, flows),
                traffic.perSecond(now, 600, flows));
    }

    private void log(Map<String, String> table) {
        long start = store.log().start();
        long written = store.log().written();
        MessageRecord first = store.log().read(start);
        long earliest = first == null ? clock.getAsLong() : first.storeTimestamp();
        table.put("commitLogMinOffset", Long.toString(start));
        table.put("commitLogMaxOffset", Long.toString(written));
        table.put("earliestMessageTimeStamp", Long.toString(earliest));
        table.put("dispatchBehindBytes", "0");
        table.put("dispatchMaxBuffer", "0");
        table.put("remainHowManyDataToFlush", bytes(written - store.log().durable()));
        table.put("remainTransientStoreBufferNumbs", "0");
    }

    private void disk(Map<String, String> table) {
        try {
            FileStore device = Files.getFileStore(config.store().root());
            double total = Math.max(1, device.getTotalSpace());
            String ratio = String.format(Locale.ROOT, "%.4f", 1 - device.getUsableSpace() / total);
            table.put("commitLogDiskRatio", ratio);
            table.put("consumeQueueDiskRatio", ratio);
            table.put(
                    "commitLogDirCapacity",
                    "Total : " + bytes(device.getTotalSpace()) + ", Free : " + bytes(device.getUsableSpace()) + ".");
        } catch (IOException e) {
            // a store in memory, or a device that does not say: the ratio is left out, as unknown
            table.put("commitLogDirCapacity", "unknown: " + e.getMessage());
        }
    }

    private static String bytes(long count) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = count;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? count + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** VIEW_BROKER_STATS_DATA. On the core. */
    void stats(Request request) {
        Fields in = Fields.of(request.frame());
        String name = in.text("statsName");
        String key = in.text("statsKey");
        Traffic.Stats stats = traffic.stats(name, key, clock.getAsLong());
        if (stats == null) {
            request.answer(ResponseCode.SYSTEM_ERROR, "The stats <" + name + "> <" + key + "> not exist");
            return;
        }
        ObjectNode json = JsonBody.object();
        put(json.putObject("statsMinute"), stats.minute());
        put(json.putObject("statsHour"), stats.hour());
        put(json.putObject("statsDay"), stats.day());
        answer(request, json);
    }

    private static void put(ObjectNode json, Meter.Rate rate) {
        json.put("avgpt", rate.sum() == 0 ? 0.0 : 1.0).put("sum", rate.sum()).put("tps", rate.perSecond());
    }

    /** QUERY_CONSUME_QUEUE: entries of a queue as they are. On the core. */
    void entries(Request request) {
        Fields in = Fields.of(request.frame());
        String topic = in.text("topic");
        int queueId = in.integer("queueId");
        QueueLog queue = store.queueIfPresent(topic, queueId);
        if (queue == null) {
            request.answer(ResponseCode.SYSTEM_ERROR, queueId + "@" + topic + " is not exist!");
            return;
        }
        ObjectNode json = JsonBody.object();
        String group = in.optional("consumerGroup");
        if (group != null) {
            JsonNode wanted = clients.attendance().profile(group).byTopic().get(topic);
            json.set("subscriptionData", wanted == null ? NullNode.instance : wanted);
            if (wanted == null) {
                json.put("filterData", group + "@" + topic + " is not online!");
            }
        }
        json.put("maxQueueIndex", queue.visibleOffset()).put("minQueueIndex", queue.minOffset());
        ArrayNode list = json.putArray("queueData");
        long index = Math.max(queue.minOffset(), in.number("index"));
        int count = Math.max(0, Math.min(MAX_ENTRIES, in.integer("count", 10)));
        while (list.size() < count && index < queue.visibleOffset()) {
            ByteBuffer entries = queue.index().entries(index, count - list.size());
            if (entries.remaining() < ConsumeQueue.ENTRY_BYTES) {
                break;
            }
            while (entries.remaining() >= ConsumeQueue.ENTRY_BYTES) {
                list.addObject()
                        .put("physicOffset", entries.getLong())
                        .put("physicSize", entries.getInt())
                        .put("tagsCode", entries.getLong())
                        .put("eval", false);
                index++;
            }
        }
        answer(request, json);
    }
}

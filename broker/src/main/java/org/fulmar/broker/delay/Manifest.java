package org.fulmar.broker.delay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;

/**
 * Which timers waited at a place of the log: all that the runs hold, but those that had fired.
 *
 * @param logPosition the place
 * @param nextRun a number above that of every run there has been
 * @param runs the runs, with how many timers at the beginning of each had fired
 * @param fired log offsets of timers that had fired, and that the runs still hold
 * @param firedUpTo no timer that was due later had fired; -1 if that is not known
 */
record Manifest(long logPosition, long nextRun, List<Entry> runs, long[] fired, long firedUpTo) {
    /**
     * A run that counts.
     *
     * @param run its number
     * @param count timers that it holds
     * @param skip how many of them, from the first, do not count any more
     */
    record Entry(long run, int count, int skip) {
        int remaining() {
            return count - skip;
        }
    }

    byte[] toBytes() {
        ObjectNode json = JsonBody.object()
                .put("logPosition", logPosition)
                .put("nextRun", nextRun)
                .put("firedUpTo", firedUpTo);
        ArrayNode array = json.putArray("runs");
        for (Entry run : runs) {
            array.addObject().put("run", run.run).put("count", run.count).put("skip", run.skip);
        }
        ArrayNode firedArray = json.putArray("fired");
        for (long offset : fired) {
            firedArray.add(offset);
        }
        return JsonBody.bytes(json);
    }

    /**
     * Reads one.
     *
     * @throws FrameException if it is damaged
     */
    static Manifest parse(byte[] content) {
        JsonNode json = JsonBody.parse(content);
        if (!json.path("logPosition").isIntegralNumber()
                || !json.path("runs").isArray()
                || !json.path("fired").isArray()) {
            throw new FrameException("the table of timer files is damaged");
        }
        List<Entry> runs = new ArrayList<>();
        for (JsonNode node : json.path("runs")) {
            Entry run = new Entry(
                    node.path("run").asLong(),
                    node.path("count").asInt(),
                    node.path("skip").asInt());
            if (run.run <= 0 || run.skip < 0 || run.skip > run.count) {
                throw new FrameException("the table of timer files is damaged: " + run);
            }
            runs.add(run);
        }
        JsonNode firedArray = json.path("fired");
        long[] fired = new long[firedArray.size()];
        for (int i = 0; i < fired.length; i++) {
            fired[i] = firedArray.get(i).asLong();
        }
        return new Manifest(
                json.path("logPosition").asLong(),
                json.path("nextRun").asLong(),
                runs,
                fired,
                json.path("firedUpTo").asLong(-1));
    }
}

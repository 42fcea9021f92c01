package org.fulmar.broker.server;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Options of a broker whose files are full after some messages and go at any hour, as soon as they may. Stateless. */
final class SmallFiles {
    /** Of a log file. */
    static final int LOG_BYTES = 65_536;

    private SmallFiles() {}

    static void addTo(Map<String, String> options, Path store) {
        options.put("listenPort", "0");
        options.put("storePathRootDir", store.toString());
        options.put("mappedFileSizeCommitLog", Integer.toString(LOG_BYTES));
        options.put("mappedFileSizeConsumeQueue", "2000");
        options.put("maxMessageSize", "16384");
        options.put("maxHashSlotNum", "100");
        options.put("maxIndexNum", "100");
        options.put("cleanResourceInterval", "20");
        options.put("deleteCommitLogFilesInterval", "0");
        String everyHour = IntStream.range(0, 24).mapToObj("%02d"::formatted).collect(Collectors.joining(";"));
        options.putIfAbsent("deleteWhen", everyHour);
    }
}

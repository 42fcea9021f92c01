package org.fulmar.broker.retention;

/** Tells the level of a disk from how much of it is used; a state machine, since it is left later than it is reached. */
final class DiskLevels {
    private final RetentionOptions options;
    private volatile DiskLevel level = DiskLevel.NORMAL;

    DiskLevels(RetentionOptions options) {
        this.options = options;
    }

    DiskLevel level() {
        return level;
    }

    /**
     * @param ratio of the disk that is used, 0 to 1, without what deleted files still take
     * @param whole of the disk that is used, with that: it is what the next message finds
     */
    DiskLevel update(double ratio, double whole) {
        double percent = ratio * 100;
        double taken = whole * 100;
        boolean refuse = taken >= options.refusePercent()
                || level == DiskLevel.REFUSING && taken > options.refusePercent() - RetentionOptions.RESUME_PERCENT;
        if (refuse) {
            level = DiskLevel.REFUSING;
        } else if (percent >= options.forcePercent()) {
            level = DiskLevel.FORCED;
        } else {
            level = percent >= options.maxUsedPercent() ? DiskLevel.HIGH : DiskLevel.NORMAL;
        }
        return level;
    }
}

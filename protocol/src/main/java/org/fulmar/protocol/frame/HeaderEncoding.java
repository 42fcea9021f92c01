package org.fulmar.protocol.frame;

/** The two ways in which a RocketMQ frame's header is written; a server answers in the encoding of the request. */
public enum HeaderEncoding {
    JSON(0),
    ROCKETMQ(1);

    private final int mark;

    HeaderEncoding(int mark) {
        this.mark = mark;
    }

    /** The top byte of the header mark. */
    public int mark() {
        return mark;
    }

    /**
     * @throws FrameException if the mark is neither 0 nor 1
     */
    public static HeaderEncoding ofMark(int mark) {
        return switch (mark) {
            case 0 -> JSON;
            case 1 -> ROCKETMQ;
            default -> throw new FrameException("unknown header encoding " + mark + " (0 = JSON, 1 = ROCKETMQ)");
        };
    }
}

package org.fulmar.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request or response as it travels: a code, a correlation number, named fields and a body.
 *
 * <p>Immutable but for the body's reader index and reference count: whoever holds a frame last releases it; writing a
 * frame to a channel passes the body on.
 */
public final class Frame {
    /** The release that we speak for: Apache 5.4.0's ordinal, which gates features in its clients. */
    public static final int VERSION = 493;

    private static final int RESPONSE_BIT = 1;
    private static final int ONE_WAY_BIT = 2;

    private final int code;
    private final int language;
    private final int version;
    private final int opaque;
    private final int flag;
    private final @Nullable String remark;
    private final Map<String, String> fields;
    private final ByteBuf body;
    private final HeaderEncoding encoding;

    Frame(
            int code,
            int language,
            int version,
            int opaque,
            int flag,
            @Nullable String remark,
            Map<String, String> fields,
            ByteBuf body,
            HeaderEncoding encoding) {
        this.code = code;
        this.language = language;
        this.version = version;
        this.opaque = opaque;
        this.flag = flag;
        this.remark = remark;
        this.fields = fields;
        this.body = body;
        this.encoding = encoding;
    }

    /** A request; the connection that sends it fills in the correlation number. */
    public static Frame request(int code, Map<String, String> fields, ByteBuf body, HeaderEncoding encoding) {
        return new Frame(code, 0, VERSION, 0, 0, null, fields, body, encoding);
    }

    /** A request in binary encoding that has only a body, as the JMS operations have. */
    public static Frame request(int code, ByteBuf body) {
        return request(code, Map.of(), body, HeaderEncoding.ROCKETMQ);
    }

    /** The answer to {@code request}, in its encoding and with its correlation number. */
    public static Frame response(
            Frame request, int code, @Nullable String remark, Map<String, String> fields, ByteBuf body) {
        return new Frame(code, 0, VERSION, request.opaque, RESPONSE_BIT, remark, fields, body, request.encoding);
    }

    public static Frame response(Frame request, int code, @Nullable String remark) {
        return response(request, code, remark, Map.of(), Unpooled.EMPTY_BUFFER);
    }

    /** This frame as a two-way request with the given correlation number. */
    public Frame asRequest(int correlation) {
        return new Frame(code, language, version, correlation, 0, remark, fields, body, encoding);
    }

    /** This frame as a one-way request with the given correlation number; it is never answered. */
    public Frame asOneWay(int correlation) {
        return new Frame(code, language, version, correlation, ONE_WAY_BIT, remark, fields, body, encoding);
    }

    Frame withBody(ByteBuf newBody) {
        return new Frame(code, language, version, opaque, flag, remark, fields, newBody, encoding);
    }

    public int code() {
        return code;
    }

    public int language() {
        return language;
    }

    /** The sender's release as RocketMQ's ordinal; some answers depend on it. */
    public int version() {
        return version;
    }

    public int opaque() {
        return opaque;
    }

    public int flag() {
        return flag;
    }

    public boolean isResponse() {
        return (flag & RESPONSE_BIT) != 0;
    }

    public boolean isOneWay() {
        return (flag & ONE_WAY_BIT) != 0;
    }

    public @Nullable String remark() {
        return remark;
    }

    public Map<String, String> fields() {
        return fields;
    }

    public ByteBuf body() {
        return body;
    }

    public HeaderEncoding encoding() {
        return encoding;
    }

    /** Gives up the body. */
    public void release() {
        body.release();
    }

    @Override
    public String toString() {
        return "Frame[code=" + code + ", opaque=" + opaque + ", flag=" + flag + ", remark=" + remark + ", body="
                + body.readableBytes() + " bytes]";
    }
}

/** RocketMQ frames: length, header mark, a header in JSON or binary form, and a body. */
@NullMarked
package org.fulmar.protocol.frame;

import org.jspecify.annotations.NullMarked;

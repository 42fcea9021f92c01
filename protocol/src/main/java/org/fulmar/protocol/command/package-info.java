/** The commands that travel in frames: codes, and one record with its codec per command. */
@NullMarked
package org.fulmar.protocol.command;

import org.jspecify.annotations.NullMarked;

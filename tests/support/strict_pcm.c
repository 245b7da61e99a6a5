/*
 * An ALSA device that takes one format only, as the hardware of a sound card does: one rate, one number of channels,
 * one width. Everything else is refused; whatever ALSA could convert, it does not. The sound itself goes to and comes
 * from another device, unchanged.
 *
 *     pcm_type.strict { lib "…/libasound_module_pcm_strict.so" }
 *     pcm.usb { type strict slave "…" format S32_LE rate 48000 channels 2 }
 *
 * ALSA's own plug-ins all convert, so none of them can stand in for hardware; this one is written against the
 * documented interface for external plug-ins (alsa/pcm_ioplug.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>

typedef struct {
    snd_pcm_ioplug_t io;
    snd_pcm_t *slave;
    snd_pcm_format_t format;
    long rate;
    long channels;
    snd_pcm_uframes_t moved;
} strict_t;

static int strict_start(snd_pcm_ioplug_t *io)
{
    strict_t *strict = io->private_data;
    return snd_pcm_state(strict->slave) == SND_PCM_STATE_RUNNING ? 0 : snd_pcm_start(strict->slave);
}

static int strict_stop(snd_pcm_ioplug_t *io)
{
    strict_t *strict = io->private_data;
    return snd_pcm_drop(strict->slave);
}

static snd_pcm_sframes_t strict_pointer(snd_pcm_ioplug_t *io)
{
    strict_t *strict = io->private_data;
    snd_pcm_sframes_t avail = snd_pcm_avail(strict->slave);
    /* Captured: what was read and what can be. Played: what was written less what is still there, which is the
     * buffer's size less what can be written: modulo the buffer's size the same sum. */
    return avail < 0 ? avail : (snd_pcm_sframes_t)((strict->moved + avail) % io->buffer_size);
}

static snd_pcm_sframes_t strict_transfer(
    snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
    strict_t *strict = io->private_data;
    char *at = (char *)areas->addr + (areas->first + areas->step * offset) / 8;
    snd_pcm_sframes_t moved = io->stream == SND_PCM_STREAM_CAPTURE ? snd_pcm_readi(strict->slave, at, size)
                                                                   : snd_pcm_writei(strict->slave, at, size);
    if (moved > 0)
        strict->moved += moved;
    return moved;
}

static int strict_prepare(snd_pcm_ioplug_t *io)
{
    strict_t *strict = io->private_data;
    strict->moved = 0;
    return snd_pcm_prepare(strict->slave);
}

static int strict_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
    strict_t *strict = io->private_data;
    snd_pcm_uframes_t period = io->period_size, buffer = io->buffer_size;
    snd_pcm_hw_params_t *hw;
    int err;
    (void)params;
    snd_pcm_hw_params_alloca(&hw);
    if ((err = snd_pcm_hw_params_any(strict->slave, hw)) < 0 ||
        (err = snd_pcm_hw_params_set_access(strict->slave, hw, SND_PCM_ACCESS_RW_INTERLEAVED)) < 0 ||
        (err = snd_pcm_hw_params_set_format(strict->slave, hw, strict->format)) < 0 ||
        (err = snd_pcm_hw_params_set_channels(strict->slave, hw, strict->channels)) < 0 ||
        (err = snd_pcm_hw_params_set_rate(strict->slave, hw, strict->rate, 0)) < 0 ||
        (err = snd_pcm_hw_params_set_period_size(strict->slave, hw, period, 0)) < 0 ||
        (err = snd_pcm_hw_params_set_buffer_size(strict->slave, hw, buffer)) < 0)
        return err;
    return snd_pcm_hw_params(strict->slave, hw);
}

static int strict_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
    strict_t *strict = io->private_data;
    snd_pcm_sw_params_t *sw;
    snd_pcm_uframes_t least;
    int err;
    snd_pcm_sw_params_alloca(&sw);
    snd_pcm_sw_params_get_avail_min(params, &least);
    if ((err = snd_pcm_sw_params_current(strict->slave, sw)) < 0 ||
        (err = snd_pcm_sw_params_set_avail_min(strict->slave, sw, least)) < 0)
        return err;
    return snd_pcm_sw_params(strict->slave, sw);
}

static int strict_poll_count(snd_pcm_ioplug_t *io)
{
    strict_t *strict = io->private_data;
    return snd_pcm_poll_descriptors_count(strict->slave);
}

static int strict_poll_descriptors(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int space)
{
    strict_t *strict = io->private_data;
    return snd_pcm_poll_descriptors(strict->slave, fds, space);
}

static int strict_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned int count, unsigned short *revents)
{
    strict_t *strict = io->private_data;
    return snd_pcm_poll_descriptors_revents(strict->slave, fds, count, revents);
}

static int strict_close(snd_pcm_ioplug_t *io)
{
    strict_t *strict = io->private_data;
    snd_pcm_close(strict->slave);
    free(strict);
    return 0;
}

static const snd_pcm_ioplug_callback_t strict_callback = {
    .start = strict_start,
    .stop = strict_stop,
    .pointer = strict_pointer,
    .transfer = strict_transfer,
    .prepare = strict_prepare,
    .hw_params = strict_hw_params,
    .sw_params = strict_sw_params,
    .poll_descriptors_count = strict_poll_count,
    .poll_descriptors = strict_poll_descriptors,
    .poll_revents = strict_poll_revents,
    .close = strict_close,
};

static int strict_constrain(strict_t *strict)
{
    static const unsigned int access[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
    unsigned int format[] = {strict->format};
    snd_pcm_ioplug_t *io = &strict->io;
    int err;
    if ((err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, access)) < 0 ||
        (err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, strict->rate, strict->rate)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(
             io, SND_PCM_IOPLUG_HW_CHANNELS, strict->channels, strict->channels)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 3, 64)) < 0)
        return err;
    return snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 128, 1024 * 1024);
}

static int strict_read_config(strict_t *strict, snd_config_t *conf, const char **slave)
{
    snd_config_iterator_t i, next;
    snd_config_for_each(i, next, conf) {
        snd_config_t *entry = snd_config_iterator_entry(i);
        const char *id, *text;
        if (snd_config_get_id(entry, &id) < 0)
            continue;
        if (strcmp(id, "slave") == 0)
            snd_config_get_string(entry, slave);
        else if (strcmp(id, "rate") == 0)
            snd_config_get_integer(entry, &strict->rate);
        else if (strcmp(id, "channels") == 0)
            snd_config_get_integer(entry, &strict->channels);
        else if (strcmp(id, "format") == 0 && snd_config_get_string(entry, &text) >= 0)
            strict->format = snd_pcm_format_value(text);
    }
    return *slave && strict->rate && strict->channels && strict->format != SND_PCM_FORMAT_UNKNOWN ? 0 : -EINVAL;
}

SND_PCM_PLUGIN_DEFINE_FUNC(strict)
{
    strict_t *strict = calloc(1, sizeof *strict);
    const char *slave = NULL;
    int err;
    (void)root;
    if (!strict)
        return -ENOMEM;
    strict->format = SND_PCM_FORMAT_UNKNOWN;
    if ((err = strict_read_config(strict, conf, &slave)) < 0 ||
        (err = snd_pcm_open(&strict->slave, slave, stream, mode | SND_PCM_NONBLOCK)) < 0) {
        free(strict);
        return err;
    }
    strict->io.version = SND_PCM_IOPLUG_VERSION;
    strict->io.name = "A device of one format";
    strict->io.callback = &strict_callback;
    strict->io.private_data = strict;
    if ((err = snd_pcm_ioplug_create(&strict->io, name, stream, mode)) < 0) {
        snd_pcm_close(strict->slave);
        free(strict);
        return err;
    }
    if ((err = strict_constrain(strict)) < 0) {
        snd_pcm_ioplug_delete(&strict->io);
        return err;
    }
    *pcmp = strict->io.pcm;
    return 0;
}

SND_PCM_PLUGIN_SYMBOL(strict);

//! Several pieces of news become as few as say the same.

use std::collections::BTreeSet;

use crate::alert::EpisodeId;
use crate::notice::{Effect, News, Notice, NoticeRef};

/// Incidents in one message: as many as a mail shows in full. What is beyond goes into the
/// next, since an incident that is over by then can be read nowhere else.
const INCIDENTS_MAX: usize = 12;

/// Several notices that nobody got yet, oldest first, as one: under the identity of the
/// first, with what is left to say of all. With it, how many of them it speaks for: at
/// least one, and no more than a message can hold. `None` only where there is none.
pub fn merge(notices: Vec<Notice>) -> Option<(Notice, usize)> {
    let mut notices = notices.into_iter();
    let mut merged = notices.next()?;
    let mut references = vec![merged.reference()];
    let mut incidents = incidents(&merged.news);
    for next in notices {
        incidents.extend(self::incidents(&next.news));
        if incidents.len() > INCIDENTS_MAX {
            break;
        }
        references.push(next.reference());
        merged.news.extend(next.news);
    }
    let spoken_for = references.len();
    if spoken_for > 1 {
        let own = merged.reference();
        merged.news = fold(merged.news);
        merged.news.iter_mut().for_each(|piece| answer_to(piece, &references, &own));
    }
    Some((merged, spoken_for))
}

fn incidents(news: &[News]) -> BTreeSet<EpisodeId> {
    news.iter().map(|piece| piece.facts.episode.clone()).collect()
}

/// What was to be the root of a thread, and is not sent any more, is this message now.
fn answer_to(piece: &mut News, merged: &[NoticeRef], own: &NoticeRef) {
    if piece.facts.root.as_ref().is_some_and(|root| merged.contains(root)) {
        piece.facts.root = Some(own.clone());
    }
}

/// What is left to say when `news`, oldest first, reach people all at once.
///
/// Of each episode the newest piece stands: a higher step speaks for the lower ones, and
/// a resolve says both when it began and when it ended. The most urgent comes first.
pub fn fold(news: Vec<News>) -> Vec<News> {
    let mut folded: Vec<News> = Vec::with_capacity(news.len());
    for next in news {
        // A change has no state: each is news of its own, under an episode of its own.
        let earlier = folded.iter().position(|old| old.facts.episode == next.facts.episode);
        match earlier {
            Some(place) => folded[place] = merged(&folded[place], next),
            None => folded.push(next),
        }
    }
    folded.sort_by_key(|news| (news.effect, std::cmp::Reverse(news.facts.severity)));
    folded
}

/// Whoever the older piece was for gets the newer one. A reminder of what people were
/// never told is told as new.
fn merged(old: &News, mut next: News) -> News {
    if old.effect == Effect::Fired && next.effect == Effect::Reminded {
        next.effect = Effect::Fired;
    }
    next.only.clone_from(&old.only);
    next.facts.root.clone_from(&old.facts.root);
    next.facts.since = next.facts.since.min(old.facts.since);
    next
}

#[cfg(test)]
mod tests;
